import { useState } from 'react'
import * as ui from '../index.ts'

/** A page with one task, with and without its problem. */
export const SignInPage = () => {
  const [hasFailed, setFailed] = useState(true)
  const problem = 'Enter the six digits that your authenticator shows now'
  return (
    <ui.TaskPage
      brand="Maple Street Clinic"
      title="Sign in"
      subtitle="Second step, for ana@maple.example"
      banners={<ui.Banner tone="demo" isBar title="Demo." />}
      foot={<ui.TextLink href="#help">Another way to sign in</ui.TextLink>}
    >
      <ui.Form label="Sign in" onSubmit={() => setFailed(!hasFailed)}>
        <ui.ErrorSummary problems={hasFailed ? [{ fieldId: 'code', message: problem }] : []} />
        <ui.CodeField
          id="code"
          label="Code"
          description="Six digits from your authenticator."
          errorMessage={hasFailed ? problem : undefined}
        />
        <ui.Actions>
          <ui.Button variant="primary" type="submit">
            Sign in
          </ui.Button>
          <ui.Button variant="quiet">Cancel</ui.Button>
        </ui.Actions>
      </ui.Form>
    </ui.TaskPage>
  )
}
