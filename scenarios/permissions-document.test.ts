/** docs/permissions.md is the matrix, written out. After a change of the matrix: WARDLINE_WRITE_DOCS=1 npm test -- scenarios/permissions-document.test.ts */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { cellWords, parties, roles, roleWords, whoCanWhat, matrix } from '@wardline/product/access/roles/preview'

const file = path.resolve(import.meta.dirname, '../docs/permissions.md')

/** The document as the matrix says it. */
function written(): string {
  const legend = Object.entries(cellWords).map(([letter, says]) => `- **${letter === '-' ? '–' : letter}** ${says}`)
  const sections = whoCanWhat().flatMap(({ title, rows }) => [
    `## ${title}`,
    '',
    `| May | ${parties.map((it) => roleWords[it]).join(' | ')} |`,
    `| --- |${' :-: |'.repeat(parties.length)}`,
    ...rows.map((row) => {
      const says = row.fresh === null ? row.says : `${row.says} (a proof lasts ${row.fresh} minutes)`
      return `| ${says}${row.records ? ' ◦' : ''} | ${parties.map((it) => (row.cells[it] === '-' ? '–' : row.cells[it])).join(' | ')} |`
    }),
    '',
  ])
  return [
    '# Who can do what',
    '',
    'Written from the matrix that the server itself asks; a test fails when it differs. What is not listed, nobody may do. A person can have',
    `several of the ${roles.length} roles of the staff, and their rights add up; patients, caregivers and service accounts cannot sign in as staff.`,
    '',
    ...legend,
    '',
    'A step-up counts for as long as the security policy says (five minutes to begin with), where the act does not say otherwise. A restricted',
    'record (a well-known person’s, a study’s) is reached by a care relationship or an emergency only, even at one’s own location. In a practice',
    'whoever works at a location cares for its patients; in a hospital by unit and roster, care team, appointment, or a stated reason for fifteen',
    'minutes.',
    '',
    'Acts with **◦** open or change patients’ records, or open archives. An organisation may keep them to its own networks, for the roles and',
    'locations that it names: elsewhere they are refused in plain words, but for looking at the one record that an emergency opened. Everything',
    'else works from everywhere, messages between colleagues above all.',
    '',
    'Duties that one person cannot hold together: auditor with administrator or security officer; administrator with privacy officer (a practice',
    'of fewer than 25 can sign an exception); administrator with security officer, except in such a practice. Nobody makes themselves officer or',
    'auditor. Who becomes administrator or officer needs the consent of a second person.',
    '',
    ...sections,
  ]
    .join('\n')
    .trimEnd()
    .concat('\n')
}

test('docs/permissions.md is current', () => {
  if (process.env['WARDLINE_WRITE_DOCS'] === '1') writeFileSync(file, written())
  expect(
    readFileSync(file, 'utf8')
      .replaceAll(/ +\|/g, ' |')
      .replaceAll(/\| :?-+:? (?=\|)/g, '| - '),
  ).toBe(
    written()
      .replaceAll(/ +\|/g, ' |')
      .replaceAll(/\| :?-+:? (?=\|)/g, '| - '),
  )
})

test('every act of the matrix stands in it once', () => {
  const listed = whoCanWhat().flatMap((it) => it.rows.map((row) => row.action))
  expect(listed.toSorted()).toEqual(Object.keys(matrix).toSorted())
})
