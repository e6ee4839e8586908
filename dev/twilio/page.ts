/** The phones as HTML, rendered here and nowhere else. Everything a phone or a sender wrote is escaped. */
import type { Bubble, Phone } from './model.ts'

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text that is safe in HTML content and in a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')

/** Escaped text in which http(s) addresses can be pressed, as on a real phone. */
const linked = (text: string): string =>
  text
    .split(/(https?:\/\/[^\s<>"']+)/)
    .map((part, index) =>
      index % 2 === 0
        ? escapeHtml(part)
        : `<a href="${escapeHtml(part)}" target="_blank" rel="noopener noreferrer">${escapeHtml(part)}</a>`,
    )
    .join('')

/** "+13125550117" as "+1 312 555 0117"; other countries' numbers stay as they are. */
const spaced = (number: string): string => number.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, '+1 $1 $2 $3')

const nameOf = (phone: Phone): string => (phone.label === '' ? spaced(phone.number) : phone.label)

const clockTime = (at: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('en-US', { weekday: 'short', hour: 'numeric', minute: '2-digit', timeZone }).format(at)

const bubbleHtml = (bubble: Bubble, timeZone: string): string =>
  `<li class="bubble ${bubble.direction}"><p dir="auto">${linked(bubble.body)}</p>` +
  `<p class="meta">${bubble.direction === 'received' ? 'From' : 'To'} ${escapeHtml(spaced(bubble.peer))}, ` +
  `<time datetime="${bubble.at.toISOString()}">${escapeHtml(clockTime(bubble.at, timeZone))}</time></p></li>`

/** The texts of one phone, and who can no longer text it. This part is fetched again when something changes. */
export const screenHtml = (phone: Phone, blocked: readonly string[], timeZone: string): string =>
  (phone.bubbles.length === 0
    ? '<p class="empty">No texts yet. A text to this number appears here.</p>'
    : `<ol>${phone.bubbles.map((bubble) => bubbleHtml(bubble, timeZone)).join('')}</ol>`) +
  blocked.map((number) => `<p class="blocked">Opted out of texts from ${escapeHtml(spaced(number))}</p>`).join('')

/** Answers one press away: confirm, the opt-out words in two languages, and an ordinary reply. */
const chips = ['C', 'ok', 'STOP', 'Alto']

/** The numbers a phone can write to: those that wrote to it, latest first, else every number there is. */
const peersOf = (phone: Phone, owned: readonly string[]): readonly string[] => {
  const peers = [...new Set(phone.bubbles.toReversed().map((bubble) => bubble.peer))]
  return peers.length > 0 ? peers : owned
}

/** One phone: its texts, quick answers, and a field for any other. The form works without the script. */
export const phoneHtml = (phone: Phone, blocked: readonly string[], owned: readonly string[], timeZone: string): string => {
  const id = `phone-${phone.number.replace(/\D/g, '')}`
  const name = escapeHtml(nameOf(phone))
  const peers = peersOf(phone, owned)
  const latest = phone.bubbles.length > 0 ? '<option value="">Latest conversation</option>' : ''
  const options = latest + peers.map((peer) => `<option value="${escapeHtml(peer)}">${escapeHtml(spaced(peer))}</option>`).join('')
  return (
    `<article class="phone" id="${id}" data-number="${escapeHtml(phone.number)}" aria-labelledby="${id}-name">` +
    `<header><h2 id="${id}-name">${name}</h2>${phone.label === '' ? '' : `<p class="number">${escapeHtml(spaced(phone.number))}</p>`}</header>` +
    `<div class="screen" role="region" tabindex="0" aria-label="Texts on the phone of ${name}">${screenHtml(phone, blocked, timeZone)}</div>` +
    `<form class="reply" method="post" action="/phones/${encodeURIComponent(phone.number)}/reply">` +
    (peers.length > 1 ? `<label class="to">To <select name="to">${options}</select></label>` : '') +
    `<div class="chips" role="group" aria-label="Quick answers of ${name}">` +
    chips.map((chip) => `<button name="chip" value="${chip}">${chip}</button>`).join('') +
    `</div><div class="write"><input name="body" maxlength="1600" autocomplete="off" placeholder="Text message" aria-label="Text from ${name}">` +
    `<button class="send">Send</button></div></form></article>`
  )
}

/** The whole page around the phones. */
export const pageHtml = (phones: readonly string[]): string =>
  '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">' +
  '<title>Phones</title><link rel="stylesheet" href="/phones/style.css"><script type="module" src="/phones/script.js"></script></head>' +
  '<body><header class="top"><h1>Phones</h1><p>Demo, invented people. Read what was texted to them, and answer as they would.</p>' +
  '<p id="live" class="live"></p></header><p id="news" class="hidden" role="status"></p>' +
  `<main id="phones" class="phones">${phones.join('')}</main>` +
  (phones.length === 0 ? '<p class="none">No phone yet. The first text to a number brings its phone.</p>' : '') +
  '</body></html>'
