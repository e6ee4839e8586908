import * as ui from '../index.ts'
import { ago, format, now } from './data.ts'

const rows = Array.from({ length: 5000 }, (_, index) => index)

/** 5,000 rows, for watching how they scroll. */
export const RowsPage = () => (
  <ui.Shell
    rail={<ui.Rail label="Places" items={[{ href: '#inbox', label: 'Inbox', icon: ui.InboxIcon, isCurrent: true }]} />}
    list={
      <ui.Pane title="Inbox" beside={<ui.CountMark count={5000} words="5000 rows" />}>
        <ui.LongList label="Inbox" items={rows} itemKey={String}>
          {(index) => (
            <ui.ListRow
              href={`#${index}`}
              title={`Conversation ${index + 1}`}
              subtitle="RIVERA A."
              preview="Troponin 2.4, chest pain since 13:40"
              age={<ui.Age at={ago(index)} now={now} format={format} />}
              leading={<ui.Avatar name={`Person ${index}`} />}
              badges={index % 7 === 0 ? <ui.Badge tone="urgent" /> : undefined}
              isUnread={index % 5 === 0}
            />
          )}
        </ui.LongList>
      </ui.Pane>
    }
  >
    <ui.Pane title="Nothing chosen">
      <ui.EmptyState title="Choose a conversation">It opens here.</ui.EmptyState>
    </ui.Pane>
  </ui.Shell>
)
