import { Checkbox, Panel, SearchField, VisuallyHidden } from '@wardline/ui'
import { useState } from 'react'
import { cellText, parties, roleWords, whoCanWhat, type Party } from '../preview.ts'
import './who.css'

/** Who can do what: the matrix itself, so that it cannot differ from what the server does. */
export const WhoCanWhat = ({ mine }: { mine: readonly string[] }) => {
  const [words, setWords] = useState('')
  const [isMine, setMine] = useState(false)
  const columns: readonly Party[] = isMine ? parties.filter((it) => mine.includes(it)) : parties
  const fits = (says: string) => says.toLowerCase().includes(words.trim().toLowerCase())
  const sections = whoCanWhat()
    .map((it) => ({ ...it, rows: it.rows.filter((row) => fits(row.says)) }))
    .filter((it) => it.rows.length > 0)
  return (
    <>
      <Panel title="How to read it">
        <div className="who__tools">
          <SearchField label="Find an act" value={words} onChange={setWords} />
          <Checkbox isSelected={isMine} onChange={setMine}>
            My roles only
          </Checkbox>
        </div>
        <p className="page__quiet">
          Y everything in the organisation · L own location · R as a member or in a care relationship · O one’s own · B what was opened in
          an emergency · P what the patient allowed · C what it was set up for · S only soon after a full sign-in or step-up · 2 a second
          person agrees · – no · ◦ opens records or archives, which an organisation may keep to its own networks. What is not listed, nobody
          may do.
        </p>
      </Panel>
      {sections.map((section) => (
        <Panel key={section.title} title={section.title}>
          <div className="who__scroll" role="region" aria-label={`${section.title}: who can do what`} tabIndex={0}>
            <table className="who">
              <thead>
                <tr>
                  <th scope="col">May</th>
                  {columns.map((party) => (
                    <th key={party} scope="col" className="who__role">
                      <span>{roleWords[party]}</span>
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {section.rows.map((row) => (
                  <tr key={row.action}>
                    <th scope="row">
                      {row.says}
                      {row.records && (
                        <>
                          <span aria-hidden="true"> ◦</span>
                          <VisuallyHidden>, perhaps from own networks only</VisuallyHidden>
                        </>
                      )}
                    </th>
                    {columns.map((party) => (
                      <td key={party} data-none={row.cells[party] === '-' || undefined}>
                        <span aria-hidden="true">{row.cells[party] === '-' ? '–' : row.cells[party]}</span>
                        <VisuallyHidden>{cellText(row.cells[party], row.fresh)}</VisuallyHidden>
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Panel>
      ))}
      {sections.length === 0 && <p role="status">No act has these words.</p>}
    </>
  )
}
