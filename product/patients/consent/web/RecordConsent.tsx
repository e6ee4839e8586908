import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct } from '@wardline/product/access/sessions/web'
import { Banner, Button, CheckboxGroup, Dialog, ErrorSummary, Form, RadioGroup, Select, TextField, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { consentState, recordConsent } from '../contract.ts'
import { warnings, type Basis, type Scope, type WarningVersion } from '../words.ts'
import './consent.css'
import { basisWords, scopeWords } from './standing.ts'

type RecordConsentProps = {
  patient: string
  number: string
  /** "mobile ending 17". */
  called: string
  language: 'en' | 'es'
  onClose: () => void
}

const basesByHand: readonly Basis[] = ['spoken', 'written', 'intake']
const scopesByBasis: Readonly<Record<Basis, readonly Scope[]>> = {
  spoken: ['care-logistics', 'clinical'],
  written: ['care-logistics', 'clinical', 'marketing'],
  intake: ['care-logistics'],
  import: ['care-logistics'],
}

/** Records what the patient agreed to: the script that was read out, what for, on what it rests. It becomes a signed receipt. */
export const RecordConsent = ({ patient, number, called, language, onClose }: RecordConsentProps) => {
  const queries = useQueryClient()
  const [receipt] = useState(() => crypto.randomUUID())
  const [basis, setBasis] = useState<Basis>('spoken')
  const [scopes, setScopes] = useState<readonly Scope[]>(['care-logistics'])
  const [warning, setWarning] = useState<WarningVersion>(warnings.find((it) => it.language === language)?.version ?? 'sms-1-en')
  const [attestation, setAttestation] = useState('')
  const [until, setUntil] = useState('')
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const record = useAct(recordConsent)
  const allowed = scopesByBasis[basis]
  const chosen = scopes.filter((it) => allowed.includes(it))
  const hasScript = basis === 'spoken' || basis === 'written'
  const script = warnings.find((it) => it.version === warning)
  const submit = async () => {
    const missing = [
      ...(chosen.length === 0 ? [{ message: 'Choose at least one purpose.' }] : []),
      ...(!hasScript && attestation.trim() === ''
        ? [{ fieldId: 'consent-attestation', message: 'Say where the number comes from, for example "intake form of 3 March 2026".' }]
        : []),
      ...(until === '' || /^\d{4}-\d{2}-\d{2}$/.test(until)
        ? []
        : [{ fieldId: 'consent-until', message: 'Enter the last day as year-month-day, or leave it out.' }]),
    ]
    setProblems(missing)
    if (missing.length > 0) return
    const result = await record.run({
      params: { patient },
      body: {
        receipt,
        number,
        scopes: [...chosen],
        channels: ['sms'],
        basis,
        ...(hasScript ? { warning } : { attestation: attestation.trim() }),
        ...(until === '' ? {} : { expiresOn: until }),
      },
    })
    if (!result.ok) return
    await queries.invalidateQueries({ queryKey: keyOf(consentState, { params: { patient } }) })
    onClose()
  }
  return (
    <Dialog
      title="Record consent"
      subtitle={`For texts to the ${called}`}
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      isDismissable={attestation === ''}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" onPress={() => void submit()} isPending={record.isPending}>
            {basis === 'spoken' ? 'The patient agreed: record it' : 'Record the consent'}
          </Button>
        </>
      }
    >
      {record.failed && <FailedBanner failed={record.failed} />}
      <ErrorSummary problems={problems} />
      <Form label="Consent" onSubmit={() => void submit()}>
        <RadioGroup
          label="What it rests on"
          value={basis}
          onChange={(it) => setBasis(it as Basis)}
          options={basesByHand.map((id) => ({
            id,
            label: basisWords[id].charAt(0).toLocaleUpperCase() + basisWords[id].slice(1),
            ...(id === 'intake' ? { description: 'Visits and arrangements only, until the patient has agreed.' } : {}),
          }))}
        />
        {hasScript && (
          <>
            <Select
              label={basis === 'spoken' ? 'Read this out' : 'Text that was signed'}
              options={warnings.map((it) => ({
                id: it.version,
                text: it.language === 'es' ? 'Spanish' : 'English',
                description: it.version,
              }))}
              value={warning}
              onChange={(id) => setWarning(id as WarningVersion)}
            />
            <blockquote className="consent-script" lang={script?.language}>
              {script?.text}
            </blockquote>
          </>
        )}
        <CheckboxGroup
          label="The patient agrees to texts about"
          value={[...chosen]}
          onChange={(ids) => setScopes(ids as Scope[])}
          options={allowed.map((id) => ({ id, label: scopeWords[id].charAt(0).toLocaleUpperCase() + scopeWords[id].slice(1) }))}
        />
        {!hasScript && (
          <TextField
            id="consent-attestation"
            label="Where it comes from"
            value={attestation}
            onChange={setAttestation}
            autoComplete="off"
            errorMessage={problems.find((it) => it.fieldId === 'consent-attestation')?.message}
          />
        )}
        <TextField
          id="consent-until"
          label="Last day, if the patient chose one"
          isOptional
          description="Year-month-day. Without it the consent holds until the patient ends it."
          value={until}
          onChange={setUntil}
          autoComplete="off"
          isMono
          errorMessage={problems.find((it) => it.fieldId === 'consent-until')?.message}
        />
      </Form>
      {!allowed.includes('marketing') && basis === 'spoken' && (
        <Banner tone="info">Offers and news need a signature: choose “Signed” for them.</Banner>
      )}
    </Dialog>
  )
}
