/** The web door of conversations: beginning one, its people, who has left, who can open the archive. */
export { Leavers } from './Leavers.tsx'
export { NewConversation } from './NewConversation.tsx'
export { PeoplePane } from './PeoplePane.tsx'
export { isWith, titleOf } from './title.ts'
export { SignerForLeavers } from './SignerForLeavers.tsx'
