import { useState } from 'react'
import * as ui from '../index.ts'
import { roles } from './data.ts'

export const FieldsSection = ({ units }: { units: readonly ui.Option[] }) => {
  const [reply, setReply] = useState('')
  return (
    <section className="gallery__section">
      <h2>Fields</h2>
      <ui.ErrorSummary
        problems={[
          { fieldId: 'mobile', message: 'Enter a mobile number, like 555 010 4417' },
          { message: 'The organisation has no time zone yet' },
        ]}
      />
      <div className="gallery__columns">
        <ui.TextField label="Name" description="As on the badge." defaultValue="Lee Kim" autoComplete="name" />
        <ui.TextField
          id="mobile"
          label="Mobile number"
          type="tel"
          defaultValue="555"
          errorMessage="Enter a mobile number, like 555 010 4417"
        />
        <ui.TextField label="Bed" isOptional placeholder="4W-12" isMono suffix="4 West" />
        <ui.TextField label="Tenant" isDisabled defaultValue="Maple Street Clinic" />
        <ui.PasswordField label="Password" autoComplete="current-password" defaultValue="correct horse" />
        <ui.CodeField label="Code from your authenticator" description="Six digits." />
        <ui.TextArea
          label="Reason"
          description="Stands in the audit log."
          rows={2}
          limit={40}
          defaultValue="Covering for Dr Patel tonight, asked"
        />
        <ui.TextArea label="Reply" value={reply} onChange={setReply} errorMessage="Write what happened" />
        <ui.SearchField label="Search people" placeholder="Search people" keys="/" />
        <ui.Select label="Unit" options={units} defaultValue="4w" />
        <ui.Select label="Site" options={units} errorMessage="Choose a site" />
        <ui.ComboBox label="To" options={roles} placeholder="Role or person" description="Roles come first." />
      </div>
      <div className="gallery__columns">
        <div className="gallery__stack">
          <ui.Checkbox defaultSelected>Remember this device</ui.Checkbox>
          <ui.Checkbox isIndeterminate>All of 4 West</ui.Checkbox>
          <ui.Checkbox description="Asked again at the next visit.">Text me reminders</ui.Checkbox>
          <ui.Checkbox isDisabled>Not possible now</ui.Checkbox>
          <ui.Checkbox errorMessage="Tick this to go on">I have read the plain summary</ui.Checkbox>
        </div>
        <div className="gallery__stack">
          <ui.Switch defaultSelected>Available</ui.Switch>
          <ui.Switch description="Urgent and STAT still ring.">Quiet hours</ui.Switch>
          <ui.Switch isDisabled>Speak messages</ui.Switch>
        </div>
        <ui.RadioGroup
          label="What a notification shows"
          defaultValue="none"
          options={[
            { id: 'none', label: 'Nothing', description: '“New STAT message”' },
            { id: 'role', label: 'The sender’s role' },
            { id: 'full', label: 'Everything', isDisabled: true, description: 'Turned off by your organisation.' },
          ]}
        />
        <ui.CheckboxGroup
          label="Purposes"
          defaultValue={['reminders']}
          errorMessage="Choose at least two"
          options={[
            { id: 'reminders', label: 'Reminders' },
            { id: 'clinical', label: 'Clinical messages' },
            { id: 'marketing', label: 'Marketing' },
          ]}
        />
      </div>
    </section>
  )
}
