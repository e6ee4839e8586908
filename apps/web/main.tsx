import { takeRecoveryKey } from '@wardline/product/team/devices/web'
import { stationHere } from '@wardline/product/access/workstations/web'
import { UiProvider, type LinkParts } from '@wardline/ui'
import '@wardline/ui/styles.css'
import { lazy, StrictMode, Suspense, type MouseEvent } from 'react'
import { createRoot } from 'react-dom/client'
import { keepOffline } from './engine/policy.ts'
import { go, history } from './navigate.ts'
import { paths } from './paths.ts'
import { applyPreferences } from './preferences.ts'
import { App } from './shell/App.tsx'
import { keepNothing, passedHere } from './shell/keeping.ts'
import { takeReturned } from './shell/returned.ts'
import { Returning } from './shell/Returning.tsx'

// Before anything else can read the address.
const givenKey = takeRecoveryKey(window)
applyPreferences()
if (passedHere().length > 0) keepNothing()
// A browser that several people use in turn begins with nobody.
const station = stationHere()
const StationApp = lazy(async () => ({ default: (await import('./shell/StationApp.tsx')).StationApp }))

// Whoever asks for the page to sign in at goes on to the inbox; who is not signed in meets the form at every address.
if (station === null && history.location.pathname === paths.signIn()) history.replace(paths.inbox())

/** Links within the application change the page without loading it; every other way of opening one is the browser's. */
const appLink = (parts: LinkParts) => (
  <a
    {...parts}
    onClick={(event: MouseEvent) => {
      parts.onClick?.()
      const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
      if (!isPlain || !parts.href.startsWith('/') || parts.href.startsWith('/demo')) return
      event.preventDefault()
      go(parts.href)
    }}
  />
)

// The way back from an organisation's sign-in service: what it brought is taken out of the address at once.
const returned = history.location.pathname === paths.ssoReturn() ? takeReturned(window) : null

const root = document.getElementById('root')
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <UiProvider locale="en-US" navigate={go} renderLink={appLink}>
        {returned !== null ? (
          <Returning returned={returned} />
        ) : station !== null ? (
          <Suspense fallback={null}>
            <StationApp flag={station} givenKey={givenKey} />
          </Suspense>
        ) : (
          <App givenKey={givenKey} />
        )}
      </UiProvider>
    </StrictMode>,
  )
void keepOffline()
