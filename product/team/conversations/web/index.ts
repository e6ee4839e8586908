/** The web door of conversations: beginning one, its people, who can open the archive. */
export { NewConversation } from './NewConversation.tsx'
export { PeoplePane } from './PeoplePane.tsx'
export { isWith, titleOf } from './title.ts'
