import { Thread, ThreadPeople } from '@wardline/product/team/messages/web'
import { go, togglePane } from '../navigate.ts'
import { inboxShows, paths } from '../paths.ts'
import type { ScreenProps } from '../screen.ts'

/** A team conversation. */
export const TeamScreen = ({ params, search, composerRef }: ScreenProps) => (
  <Thread
    conversation={params['conversation'] ?? ''}
    onBack={() => go(paths.inbox({ show: inboxShows.find((it) => it === search['show']) }))}
    onDetails={() => togglePane('people')}
    composerRef={composerRef}
  />
)

/** Its people. */
export const TeamSide = ({ params }: ScreenProps) => <ThreadPeople conversation={params['conversation'] ?? ''} />
