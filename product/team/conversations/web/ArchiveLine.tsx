import { ArchiveIcon, WarningIcon } from '@wardline/ui'
import { useArchive } from './archive.ts'

/** "k of n officers can open the archive", with their names; or why that cannot be said. */
export const ArchiveLine = ({ root, nameOf }: { root: string | null; nameOf: (person: string) => string }) => {
  const archive = useArchive(root)
  if (archive === undefined) return null
  if (archive.is !== 'held')
    return (
      <p className="archive-line">
        <WarningIcon />
        <span>
          {archive.is === 'no-archive'
            ? 'There is no archive yet: these messages are on the members’ devices only.'
            : archive.is === 'unverified'
              ? 'The archive’s policy is not signed by the root that this device knows.'
              : 'Who can open the archive is not known now: the server cannot be reached.'}
        </span>
      </p>
    )
  const { threshold, custodians } = archive
  return (
    <div className="archive-line">
      <ArchiveIcon />
      <span>
        <strong>
          {threshold} of {custodians.length} officers
        </strong>{' '}
        can open the archive of this conversation together: {custodians.map(nameOf).join(', ')}. Each opening is shown to its members.
      </span>
    </div>
  )
}
