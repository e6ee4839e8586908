import type { ReactNode } from 'react'
import { useIsPhone } from '../shell/is-phone.ts'
import { VisuallyHidden } from '../text/VisuallyHidden.tsx'

/** One labelled value. A value that is not known is written out ("Not known"), never left empty. */
export type Fact = { label: string; value: ReactNode }

/** Labelled values, the value stronger than its label; in one line that wraps (`inline`) or one under another. */
export const Facts = ({ facts, layout = 'stack' }: { facts: readonly Fact[]; layout?: 'stack' | 'inline' }) => (
  <dl className={`wl-facts wl-facts--${layout}`}>
    {facts.map(({ label, value }) => (
      <div key={label} className="wl-facts__pair">
        <dt>{label}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)

export type Column<Row> = {
  id: string
  title: string
  cell: (row: Row) => ReactNode
  /** Numbers stand at the end in tabular figures. */
  isNumber?: boolean
  /** The cell that names the row. */
  isRowHeader?: boolean
  /** Holds the row's button: it stands at the end, and the column's title is only read out. */
  isAct?: boolean
}

const classOf = (column: { isNumber?: boolean; isAct?: boolean }) =>
  column.isNumber === true ? 'wl-table__number' : column.isAct === true ? 'wl-table__act' : undefined

export type DataTableProps<Row> = {
  /** Accessible name and visible caption (hidden with `isCaptionHidden`). */
  caption: string
  isCaptionHidden?: boolean
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  /** Drawn instead of the rows while there are none: an EmptyState. */
  empty?: ReactNode
  /** In one column: `stack` writes each row as a paragraph of labelled values, so that nothing of it stands beyond the edge. */
  onPhones?: 'scroll' | 'stack'
}

/** A plain table. Where the window is narrow it scrolls inside its own focusable region, or becomes a list of its rows. */
export const DataTable = <Row,>({ onPhones = 'scroll', ...props }: DataTableProps<Row>) => {
  const isPhone = useIsPhone()
  return isPhone && onPhones === 'stack' ? <Stack {...props} /> : <Table {...props} />
}

/** Each row: what names it, its values with the columns' titles, its button. */
const Stack = <Row,>({ caption, isCaptionHidden = false, columns, rows, rowKey, empty }: Omit<DataTableProps<Row>, 'onPhones'>) => {
  const heads = columns.filter((it) => it.isRowHeader === true)
  const acts = columns.filter((it) => it.isAct === true)
  const values = columns.filter((it) => it.isRowHeader !== true && it.isAct !== true)
  return (
    <div className="wl-stack">
      {!isCaptionHidden && <p className="wl-table__caption">{caption}</p>}
      <ul aria-label={caption}>
        {rows.map((row) => (
          <li key={rowKey(row)} className="wl-stack__row">
            {heads.map((it) => (
              <div key={it.id} className="wl-stack__name">
                {it.cell(row)}
              </div>
            ))}
            <dl className="wl-stack__values">
              {values.map((it) => (
                <div key={it.id}>
                  <dt>{it.title}</dt>
                  <dd>{it.cell(row)}</dd>
                </div>
              ))}
            </dl>
            {acts.map((it) => (
              <div key={it.id} className="wl-stack__act">
                {it.cell(row)}
              </div>
            ))}
          </li>
        ))}
      </ul>
      {rows.length === 0 && empty}
    </div>
  )
}

const Table = <Row,>({ caption, isCaptionHidden = false, columns, rows, rowKey, empty }: Omit<DataTableProps<Row>, 'onPhones'>) => (
  <div className="wl-table" role="region" aria-label={caption} tabIndex={0}>
    <table>
      <caption className={isCaptionHidden ? 'wl-hidden' : 'wl-table__caption'}>{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.id} scope="col" className={classOf(column)}>
              {column.isAct === true ? <VisuallyHidden>{column.title}</VisuallyHidden> : column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            {columns.map((column) =>
              column.isRowHeader === true ? (
                <th key={column.id} scope="row">
                  {column.cell(row)}
                </th>
              ) : (
                <td key={column.id} className={classOf(column)}>
                  {column.cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
    {rows.length === 0 && empty}
  </div>
)
