// The gallery: every part in every state, for looking and for the accessibility test. Development only, in no bundle.
//   ?page=parts | messages | shell | rows | task     ?theme=light | dark (else the system's)
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { AnnouncerProvider, setTheme, UiProvider } from '../index.ts'
import '../styles.css'
import './gallery.css'
import { MessagesPage } from './MessagesPage.tsx'
import { PartsPage } from './PartsPage.tsx'
import { RowsPage } from './RowsPage.tsx'
import { ShellPage } from './ShellPage.tsx'
import { SignInPage } from './SignInPage.tsx'

const query = new URLSearchParams(window.location.search)
const theme = query.get('theme')
setTheme(theme === 'light' || theme === 'dark' ? theme : 'system')

const Page = { shell: ShellPage, messages: MessagesPage, rows: RowsPage, task: SignInPage }[query.get('page') ?? ''] ?? PartsPage
const root = document.getElementById('root')
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <UiProvider locale="en-US" navigate={(href) => window.location.assign(href)}>
        <AnnouncerProvider>
          <Page />
        </AnnouncerProvider>
      </UiProvider>
    </StrictMode>,
  )
}
