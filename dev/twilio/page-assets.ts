/** The phones page's own style sheet and script, served from this origin so that the content policy needs no exception. */

/** Values are those of the design tokens; semantic colour is fill, never text alone. */
export const phonesStyle = `
:root { color-scheme: light dark; --bg: #FFFFFF; --surface: #F6F7F9; --raised: #FFFFFF; --border: #767F8C; --line: #D9DDE3;
  --text: #16202C; --text2: #4A5565; --accent: #0B5CAD; --on-accent: #FFFFFF; --focus: #0B5CAD; --routine: #E3E7EC; --on-routine: #16202C;
  --unsecure-bg: #F3EAFB; --on-unsecure: #3F1466; --unsecure-line: #6B2FA0; --hit: 44px; }
@media (prefers-color-scheme: dark) { :root { --bg: #0F151C; --surface: #161E27; --raised: #1D2732; --border: #7B8896; --line: #2F3B48;
  --text: #E8EDF3; --text2: #A9B5C3; --accent: #6FB3F2; --on-accent: #0F151C; --focus: #6FB3F2; --routine: #2F3B48; --on-routine: #E8EDF3;
  --unsecure-bg: #2A1B3D; --on-unsecure: #FFFFFF; --unsecure-line: #CBA6F7; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; padding: 16px; background: var(--surface); color: var(--text); line-height: 1.45; font-size: .9375rem;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1, h2, p, ol { margin: 0; padding: 0; }
h1 { font-size: 1.375rem; font-weight: 650; }
h2 { font-size: 1.125rem; font-weight: 650; overflow-wrap: anywhere; }
.top { max-width: 72ch; margin-bottom: 24px; color: var(--text2); }
.top h1 { color: var(--text); }
.live { min-height: 1.45em; font-size: .8125rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.phones { display: grid; gap: 24px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 288px), 1fr)); align-items: start; }
.phone { display: flex; flex-direction: column; height: 560px; max-width: 384px; width: 100%; background: var(--raised);
  border: 1px solid var(--line); border-radius: 24px; overflow: hidden; }
.phone header { padding: 16px 16px 12px; border-bottom: 1px solid var(--line); }
.number, .meta, .empty, .blocked { font-size: .8125rem; color: var(--text2); }
.number { font-variant-numeric: tabular-nums; }
.screen { flex: 1; min-height: 0; overflow-y: auto; padding: 16px; background: var(--bg); }
.screen ol { list-style: none; display: flex; flex-direction: column; gap: 12px; }
.bubble { max-width: 88%; align-self: flex-start; }
.bubble p:first-child { width: fit-content; padding: 8px 12px; border-radius: 8px; background: var(--routine); color: var(--on-routine); white-space: pre-wrap; overflow-wrap: anywhere; }
.bubble.sent { align-self: flex-end; }
.bubble.sent p:first-child { margin-left: auto; background: var(--accent); color: var(--on-accent); }
.bubble.sent .meta { text-align: right; }
.bubble a { color: inherit; }
.meta { margin-top: 4px; font-size: .75rem; }
.blocked { margin-top: 12px; padding: 8px 12px; border: 1px dashed var(--unsecure-line); border-radius: 8px; background: var(--unsecure-bg); color: var(--on-unsecure); }
.reply { display: flex; flex-direction: column; gap: 8px; padding: 12px; border-top: 1px solid var(--line); }
.to { display: flex; align-items: center; gap: 8px; font-size: .8125rem; color: var(--text2); }
.chips, .write { display: flex; gap: 8px; }
.chips { flex-wrap: wrap; }
button, input, select { min-height: var(--hit); font: inherit; color: var(--text); background: var(--raised); border: 1px solid var(--border); border-radius: 8px; }
button { min-width: var(--hit); padding: 0 12px; cursor: pointer; }
select { flex: 1; min-width: 0; padding: 0 8px; }
input { flex: 1; min-width: 0; padding: 0 12px; }
input::placeholder { color: var(--text2); opacity: 1; }
.send { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 650; }
button:hover { border-color: var(--accent); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.screen:focus-visible { outline-offset: -3px; }
@media (max-width: 359px) { body { padding: 12px; } .phone { height: 520px; } }
@media (forced-colors: active) { .bubble p:first-child { border: 1px solid; } }
`

/** Live refresh and sending without a page load. The page works without it, by reloading. */
export const phonesScript = `
const live = document.getElementById('live')
const news = document.getElementById('news')
const toEnd = (screen) => { screen.scrollTop = screen.scrollHeight }
for (const screen of document.querySelectorAll('.screen')) toEnd(screen)

const phoneOf = (number) => document.querySelector('[data-number="' + CSS.escape(number) + '"]')
const refresh = async (number) => {
  const phone = phoneOf(number)
  const reply = await fetch('/phones/' + encodeURIComponent(number) + (phone ? '/screen' : ''))
  if (!reply.ok) return
  const part = document.createElement('template')
  part.innerHTML = await reply.text()
  const screen = phone?.querySelector('.screen')
  if (screen) screen.replaceChildren(part.content)
  else if (!phoneOf(number)) document.getElementById('phones').append(part.content)
  document.querySelector('.none')?.remove()
  const current = phoneOf(number)
  if (!current) return
  toEnd(current.querySelector('.screen'))
  news.textContent = 'New text on the phone of ' + current.querySelector('h2').textContent
}

const events = new EventSource('/phones/events')
let wasOpen = false
events.onopen = () => {
  live.textContent = 'Live: new texts appear by themselves.'
  if (wasOpen) for (const phone of document.querySelectorAll('.phone')) void refresh(phone.dataset.number)
  wasOpen = true
}
events.onerror = () => { live.textContent = 'Not live: reconnecting. What is shown may be old.' }
events.onmessage = (event) => void refresh(JSON.parse(event.data).number)

document.addEventListener('submit', async (event) => {
  const form = event.target
  if (!form.matches('.reply')) return
  event.preventDefault()
  const button = event.submitter
  const body = new URLSearchParams(new FormData(form, button))
  const reply = await fetch(form.action, { method: 'POST', body, headers: { accept: 'application/json' } }).catch(() => undefined)
  const field = form.elements.namedItem('body')
  if (reply?.ok && button?.name !== 'chip') field.value = ''
  if (!reply?.ok) live.textContent = 'Not sent. The text is still in its field.'
  if (button?.name !== 'chip') field.focus()
})
`
