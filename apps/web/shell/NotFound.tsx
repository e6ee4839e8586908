import { ButtonLink, EmptyState, Pane } from '@wardline/ui'
import { paths } from '../paths.ts'

/** An address that is no screen, or none for this person. */
export const NotFound = () => (
  <Pane title="Not here">
    <title>Not here · Wardline</title>
    <EmptyState title="There is no such page for you" action={<ButtonLink href={paths.inbox()}>Go to the inbox</ButtonLink>}>
      The address may be wrong, or your role does not include it. Nothing was changed.
    </EmptyState>
  </Pane>
)
