// The first screen: plain script, no framework, nothing but this server.
const at = (id) => document.getElementById(id)
const make = (tag, text, className) => {
  const node = document.createElement(tag)
  if (text !== undefined) node.textContent = text
  if (className) node.className = className
  return node
}
const post = async (url, body) => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-wardline': '1' },
    body: JSON.stringify(body),
  })
  const json = await answer.json()
  if (!answer.ok) throw new Error(json.error?.what ?? 'It did not work.')
  return json
}
const say = (text) => {
  at('said').textContent = text
}

const acts = [
  ['Nurse and cardiologist write to each other, sealed', true],
  ['A reminder reaches a patient’s phone; the answer lands in the thread', true],
  ['“STOP” or “ya no me manden nada” ends texts at once, with one confirmation', true],
  ['Everything is in the audit log; the privacy officer reads it', true],
  ['Two of three officers open the archive', true],
  [
    'In an emergency: as the nurse find Miriam Castellano, born 1954-03-18, “Not in this list”; St Brendan’s privacy officer reviews it',
    true,
  ],
  ['On-call, STAT and escalation', false],
  ['Secure pages, photo replies, waitlist', false],
  ['Import of the old vendor’s patients', false],
]
for (const [text, built] of acts) {
  const row = make('li')
  row.append(make('span', text), make('span', built ? 'works' : 'next', 'state'))
  at('acts').append(row)
}

let now = 0
let zone = 'UTC'
let readAt = 0
const clockText = () =>
  new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(new Date(now + (performance.now() - readAt)))

let doorsShown = false
function showDoors(state) {
  if (doorsShown) return
  doorsShown = true
  for (const door of state.doors) {
    const row = make('li')
    const button = make('button')
    button.type = 'button'
    button.append(make('b', door.says), make('span', `${door.who}, ${door.title}`))
    button.addEventListener('click', async () => {
      try {
        const { to, recoveryKey } = await post('/demo/api/door', { door: door.id })
        location.href = recoveryKey ? `${to}#recovery-key=${encodeURIComponent(recoveryKey)}` : to
      } catch (error) {
        say(error.message)
      }
    })
    row.append(button)
    at('doors').append(row)
  }
  const phones = make('li')
  const link = make('a')
  link.href = state.phonesUrl
  link.target = '_blank'
  link.rel = 'noopener'
  link.append(make('b', 'The phones'), make('span', 'Patients’ phones, side by side, in a new tab'))
  phones.append(link)
  at('doors').append(phones)
}

function showPeople(people) {
  const body = at('people')
  body.replaceChildren(
    ...people.map((it) => {
      const row = make('tr')
      const who = make('td', it.name)
      who.append(make('small', `${it.title} · ${it.organisation}`))
      const cell = (text, note) => {
        const td = make('td')
        td.append(make('code', text || '–'))
        if (note) td.append(make('small', note))
        return td
      }
      row.append(who, cell(it.signInName), cell(it.password), cell(it.code, `${it.seconds} s left`), cell(it.recoveryKey))
      return row
    }),
  )
}

function showHappened(rows) {
  const list = at('happened')
  if (rows.length === 0) return list.replaceChildren(make('li', 'Nothing yet.'))
  list.replaceChildren(
    ...rows.map((it) => {
      const row = make('li')
      const time = make(
        'time',
        new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' }).format(new Date(it.at)),
      )
      const sentence = it.who ? `${it.who} ${it.says}` : it.says.charAt(0).toUpperCase() + it.says.slice(1)
      const text = make('span', sentence)
      text.append(make('span', it.organisation, 'where'))
      row.append(time, text, make('span', `no. ${it.index}`, 'n'))
      return row
    }),
  )
}

async function refresh() {
  try {
    const state = await (await fetch('/demo/api/state')).json()
    now = state.now
    zone = state.zone
    readAt = performance.now()
    showDoors(state)
    showHappened(state.happened)
    // Do not move what somebody is copying from.
    if (!getSelection()?.toString()) showPeople(state.people)
  } catch {
    say('The server does not answer. This page goes on as soon as it does.')
  }
}

async function move(minutes) {
  try {
    await post('/demo/api/clock', { minutes })
    await refresh()
    say(`It is ${clockText()}.`)
  } catch (error) {
    say(error.message)
  }
}
for (const button of document.querySelectorAll('[data-minutes]'))
  button.addEventListener('click', () => move(Number(button.dataset.minutes)))
at('morning').addEventListener('click', () => {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' })
      .formatToParts(new Date(now))
      .map((part) => [part.type, part.value]),
  )
  const minutes = Number(parts.hour) * 60 + Number(parts.minute)
  move((8 * 60 - minutes + 24 * 60) % (24 * 60) || 24 * 60)
})
refresh()
setInterval(refresh, 3000)
setInterval(() => {
  if (readAt) at('now').textContent = clockText()
}, 1000)
