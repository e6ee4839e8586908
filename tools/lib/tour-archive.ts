import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { newestBox } from '@wardline/crypto'
import type { DeviceKeys, PersonKeys } from '@wardline/crypto'
import { castMember, deviceOf, must, stBrendan, visit } from '@wardline/dev'
import type { Demo } from '@wardline/dev'
import {
  OpeningRefused,
  openWithShares,
  readAsOfficer,
  readFingerprint,
  verifyExport,
  writeApproval,
  writeOpening,
} from '@wardline/product/compliance/archive/client'
import {
  approveOpening,
  findConversations,
  listRequests,
  releaseExport,
  requestOpening,
} from '@wardline/product/compliance/archive/contract'
import { newUuid } from '@wardline/product/team/messages/client'

/**
 * Asks for a conversation to be opened as the privacy officer, approves it as the administrator, and opens the released file with the
 * custodians' papers of the ceremony, as `wardline archive open` does on a machine without network.
 */
export async function openArchiveInTour(
  demo: Demo,
  conversation: string,
  recoveryKeys: { readonly officer: string; readonly second: string },
  advance: () => Promise<void>,
): Promise<{ withOne: string; texts: string[] }> {
  const paul = castMember('paul').member
  const officer = await visit(demo.server, stBrendan, paul)
  const { engine, store } = await deviceOf(demo.url, officer, paul.person)
  const enrolled = await engine.enrol(recoveryKeys.officer)
  if (!enrolled.ok) throw new Error(`The officer cannot enrol: ${enrolled.code}`)
  const { device, keys } = (await store.get(['device'])) as { device: DeviceKeys; keys: PersonKeys }
  const now = demo.server.clock.ms()
  const people = [castMember('kim').member.person, castMember('ada').member.person]
  const { conversations } = must(
    'The search',
    await officer.call(findConversations, { body: { people, from: now - 86_400_000, to: now + 60_000 } }),
  )
  const { epochs } = conversations.find((it) => it.conversation === conversation)!
  const body = await writeOpening({
    organisation: stBrendan.org,
    person: paul.person,
    device,
    box: newestBox(keys),
    request: newUuid(),
    scope: [{ conversation, ...epochs }],
    reason: 'Complaint 2026-17: what was ordered, and when',
    time: now,
  })
  const { request } = must('The request', await officer.call(requestOpening, { body }))
  await approveInTour(demo, request, recoveryKeys.second)
  // Nothing is released before a signed checkpoint of the log covers request and approval.
  await advance()
  const exported = must('The release', await officer.call(releaseExport, { params: { request } }))
  await engine.stop()

  const papers = await readPapers(path.join(demo.folder, `archive ceremony ${stBrendan.name}`))
  const verified = await verifyExport(exported, papers.fingerprint)
  const withOne = await openWithShares(verified, papers.shares.slice(0, 1)).then(
    () => 'opened',
    (thrown: unknown) => (thrown instanceof OpeningRefused ? 'refused' : String(thrown)),
  )
  const opened = await openWithShares(verified, papers.shares.slice(0, 2))
  const read = await readAsOfficer(verified, opened, recoveryKeys.officer)
  return { withOne, texts: read.flatMap((it) => (it.text === null ? [] : [it.text])) }
}

/** The administrator looks at the request, and signs on a device of her own that it may be. */
async function approveInTour(demo: Demo, request: string, recoveryKey: string): Promise<void> {
  const { member } = castMember('hana')
  const second = await visit(demo.server, stBrendan, member)
  const { engine, store } = await deviceOf(demo.url, second, member.person)
  const enrolled = await engine.enrol(recoveryKey)
  if (!enrolled.ok) throw new Error(`The second officer cannot enrol: ${enrolled.code}`)
  const { device } = (await store.get(['device'])) as { device: DeviceKeys }
  const asked = must('The requests', await second.call(listRequests, {})).requests.find((it) => it.request === request)!
  const body = await writeApproval({ person: member.person, device, asked, time: demo.server.clock.ms() })
  must('The approval', await second.call(approveOpening, { params: { request }, body }))
  await engine.stop()
}

async function readPapers(folder: string): Promise<{ shares: string[]; fingerprint: string }> {
  const files = (await readdir(folder)).filter((name) => name.startsWith('share-')).toSorted()
  const texts = await Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8')))
  const lineOf = (text: string, label: string) => new RegExp(`^${label}:\\s*(.+)$`, 'm').exec(text)![1]!
  return { shares: texts.map((text) => lineOf(text, 'Share')), fingerprint: readFingerprint(lineOf(texts[0]!, 'Root fingerprint'))! }
}
