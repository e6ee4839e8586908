import { Actions, Button, Prose, fullTime, useTimeFormat } from '@wardline/ui'
import './first-run.css'

/** A one-time code and whose it is. */
export interface Code {
  readonly person: string
  readonly name: string
  readonly signInName: string
  readonly secret: string
  readonly until: number
}

/** Codes as sheets to print or read out: shown this once. */
export const CodeSheets = ({ codes, organisation, onDone }: { codes: readonly Code[]; organisation: string; onDone: () => void }) => {
  const format = useTimeFormat()
  return (
    <>
      <Prose>
        <p>
          These codes are shown <strong>this once</strong>. Print them and hand each to its person, not by e-mail. With it they choose
          password and authenticator at {location.origin}.
        </p>
      </Prose>
      <div className="first-run__papers">
        {codes.map((it) => (
          <section key={it.person} className="first-run__paper" aria-label={`Code of ${it.name}`} translate="no">
            {`${organisation}\n${it.name}\nAddress:       ${location.origin}\nSign-in name:  ${it.signInName}\nOne-time code: ${it.secret}\nGood until:    ${fullTime(it.until, format)}`}
          </section>
        ))}
      </div>
      <Actions>
        <Button onPress={() => window.print()}>Print them</Button>
        <Button variant="primary" onPress={onDone}>
          They are handed out or printed
        </Button>
      </Actions>
    </>
  )
}
