import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { Actions, Badge, Button, Dialog, Note, Prose, Skeleton, fullTime, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { makeRecoveryCodes, recoveryCodesLeft } from '../contract.ts'
import './mfa.css'

type RecoveryCodesProps = { person: string; organisation: string }

/** How many recovery codes are left, and making new ones, which are shown this once. */
export const RecoveryCodes = ({ person, organisation }: RecoveryCodesProps) => {
  const left = useAsk(recoveryCodesLeft)
  const make = useAct(makeRecoveryCodes)
  const queries = useQueryClient()
  const format = useTimeFormat()
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  if (left.error) return <FailedBanner failed={left.error} onRetry={() => void left.refetch()} />
  if (!left.data) return <Skeleton label="Your recovery codes" lines={1} />
  const { of, madeAt } = left.data
  const draw = async () => {
    const result = await make.run()
    if (!result.ok) return
    setCodes(result.value.codes)
    await queries.invalidateQueries({ queryKey: keyOf(recoveryCodesLeft) })
  }
  return (
    <>
      {make.failed && make.failed.code !== 'step-up-needed' && <FailedBanner failed={make.failed} />}
      <div className="recovery-codes__row">
        <span>
          {of === 0 ? 'You have none.' : `${left.data.left} of ${of} are left.`}{' '}
          {madeAt !== null && <Note>Made {fullTime(madeAt, format)}</Note>}
        </span>
        {of > 0 && left.data.left <= 2 && <Badge tone="pending">Few left</Badge>}
      </div>
      <Note>With one of them and your password you sign in when your authenticator is lost. Each works once.</Note>
      <div>
        <Button size="small" isPending={make.isPending} pendingLabel="Making codes" onPress={() => void draw()}>
          {of === 0 ? 'Make recovery codes' : 'Make new ones; the old ones end'}
        </Button>
      </div>
      {codes !== null && (
        <Dialog
          title="Your recovery codes"
          isOpen
          isDismissable={false}
          onOpenChange={(isOpen) => !isOpen && setCodes(null)}
          actions={
            <Actions>
              <Button onPress={() => window.print()}>Print them</Button>
              <Button variant="primary" onPress={() => setCodes(null)}>
                I have kept them
              </Button>
            </Actions>
          }
        >
          <Prose>
            <p>
              They are shown <strong>this once</strong>. Print them, and keep the sheet where you keep your keys.
            </p>
          </Prose>
          {/* On a phone the dialog scrolls: the keyboard needs a place in it. */}
          <div className="recovery-codes__sheet" role="region" aria-label="Sheet to print" tabIndex={0}>
            <Note>
              {person}, {organisation}
            </Note>
            <ol className="recovery-codes__list" aria-label="Recovery codes" translate="no">
              {codes.map((code) => (
                <li key={code} className="wl-mono">
                  {code}
                </li>
              ))}
            </ol>
          </div>
        </Dialog>
      )}
    </>
  )
}
