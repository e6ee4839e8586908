import { afterEach, describe, expect, test } from 'vitest'
import { manualScheduler, startPretendTwilio } from './index.ts'
import type { PretendTwilio } from './index.ts'
import { escapeHtml, phoneHtml, screenHtml } from './page.ts'

const own = '+13125550100'
const ana = '+13125550117'
const running: PretendTwilio[] = []
afterEach(async () => {
  for (const twilio of running.splice(0)) await twilio.stop()
})

const start = async () => {
  const lines: string[] = []
  const twilio = await startPretendTwilio({
    port: 0,
    clock: () => new Date('2026-03-10T14:40:00Z'),
    scheduler: manualScheduler(),
    timeZone: 'America/Chicago',
    log: (line) => lines.push(line),
  })
  running.push(twilio)
  const account = twilio.control.addAccount({})
  twilio.control.addNumber({ number: own, accountSid: account.sid })
  twilio.control.addPhone({ number: ana, label: 'Ana Rivera' })
  const text = async (body: string, to = ana) => {
    const form = new URLSearchParams({ To: to, From: own, Body: body })
    const headers = { authorization: `Basic ${btoa(`${account.sid}:${account.authToken}`)}` }
    await fetch(`${twilio.url}/2010-04-01/Accounts/${account.sid}/Messages.json`, { method: 'POST', headers, body: form })
    await twilio.settled()
  }
  const post = (path: string, body: string | URLSearchParams, headers: Record<string, string> = {}) =>
    fetch(twilio.url + path, { method: 'POST', body, headers, redirect: 'manual' })
  const page = async (path = '/phones') => (await fetch(twilio.url + path)).text()
  return { twilio, lines, text, post, page }
}

describe('the page', () => {
  test('shows one phone a number with its texts, times in the zone asked for, and the way to answer', async () => {
    const { text, page } = await start()
    await text('Reply C to confirm')
    await text('Hello Walter', '+13125550120')
    const html = await page()
    expect(html.match(/<article/g)).toHaveLength(2)
    for (const part of ['Ana Rivera', '+1 312 555 0117', 'Reply C to confirm', 'value="STOP"', 'value="Alto"', '+1 312 555 0120'])
      expect(html).toContain(part)
    expect(html).toMatch(/Tue 9:40\sAM/)
  })

  test('is served under a policy without inline script or style, and obeys it', async () => {
    const { twilio, page } = await start()
    const reply = await fetch(`${twilio.url}/phones`)
    expect(reply.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await page()).not.toMatch(/<script(?! type="module" src)|<style| style=| on[a-z]+=/i)
    for (const asset of ['/phones/style.css', '/phones/script.js']) expect((await fetch(twilio.url + asset)).status).toBe(200)
  })

  test('escapes what phones and senders write, links included', async () => {
    const hostile = '<img src=x onerror=alert(1)> "\'& https://a.example/p#k"onmouseover=x'
    const phone = {
      number: ana,
      label: '<b>"Ana"',
      reach: 'on',
      bubbles: [{ sid: 's', at: new Date(0), direction: 'received', peer: '<i>', body: hostile }],
    } as const
    const html = phoneHtml({ ...phone, bubbles: [...phone.bubbles] }, ['"<u>'], ['+1'], 'UTC')
    for (const raw of ['<img', '<b>', '<i>', '<u>', '"Ana"', '"onmouseover']) expect(html).not.toContain(raw)
    expect(html).toContain('<a href="https://a.example/p#k" target="_blank" rel="noopener noreferrer">https://a.example/p#k</a>')
    expect(escapeHtml(`<>&"'`)).toBe('&lt;&gt;&amp;&quot;&#39;')
    expect(screenHtml({ ...phone, bubbles: [] }, [], 'UTC')).toContain('No texts yet')
  })

  test('works without the script: a form post sends and comes back to the phone', async () => {
    const { twilio, text, post } = await start()
    await text('Reply C to confirm')
    const reply = await post('/phones/%2B13125550117/reply', new URLSearchParams({ body: 'On my way <3' }))
    expect([reply.status, reply.headers.get('location')]).toEqual([303, '/phones#phone-13125550117'])
    await post('/phones/%2B13125550117/reply', new URLSearchParams({ chip: 'STOP', body: '' }))
    expect(twilio.control.messages.map(({ body }) => body)).toEqual(['Reply C to confirm', 'On my way <3', 'STOP'])
    expect(await (await fetch(`${twilio.url}/phones/%2B13125550117/screen`)).text()).toContain('Opted out of texts from +1 312 555 0100')
  })

  test('a phone that several numbers wrote to answers the last, or the one chosen', async () => {
    const { twilio, text, post, page } = await start()
    twilio.control.addNumber({ number: '+13125550101', accountSid: [...twilio.accounts.keys()][0] ?? '' })
    await text('Reply C to confirm')
    expect(await page()).not.toContain('<select')
    twilio.control.reply(ana, 'hello', '+13125550101')
    expect(await page()).toContain('<option value="">Latest conversation</option><option value="+13125550101">')
    await post('/phones/%2B13125550117/reply', new URLSearchParams({ to: '', body: 'one' }))
    await post('/phones/%2B13125550117/reply', new URLSearchParams({ to: own, body: 'two' }))
    expect(twilio.control.messages.slice(-2).map(({ to }) => to)).toEqual(['+13125550101', own])
  })

  test('tells open pages which phone changed', async () => {
    const { twilio, text } = await start()
    const events = await fetch(`${twilio.url}/phones/events`)
    const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toContain('retry')
    await text('Reply C to confirm')
    expect((await reader?.read())?.value).toBe(`data: {"number":"${ana}"}\n\n`)
    await reader?.cancel()
  })

  test('another site cannot make a phone talk', async () => {
    const { twilio, text, post } = await start()
    await text('Reply C to confirm')
    const form = new URLSearchParams({ body: 'STOP' })
    expect((await post('/phones/%2B13125550117/reply', form, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await post('/control/phones/%2B13125550117/reply', '{"body":"STOP"}', { origin: 'null' })).status).toBe(403)
    expect((await post('/phones/%2B13125550117/reply', form, { origin: twilio.url })).status).toBe(303)
    expect(twilio.control.messages).toHaveLength(2)
  })
})

describe('the control endpoints', () => {
  test('list the phones and send from one', async () => {
    const { twilio, text, post } = await start()
    await text('Reply C to confirm')
    const reply = await post('/control/phones/+13125550117/reply', JSON.stringify({ body: 'C' }))
    expect([reply.status, await reply.json()]).toEqual([201, { sid: expect.stringMatching(/^SM/) as string }])
    const listed = (await (await fetch(`${twilio.url}/control/phones`)).json()) as { phones: unknown[] }
    expect(listed.phones).toEqual([
      {
        number: ana,
        label: 'Ana Rivera',
        reach: 'on',
        optedOutOf: [],
        messages: [
          {
            sid: expect.any(String) as string,
            at: '2026-03-10T14:40:00.000Z',
            direction: 'received',
            peer: own,
            body: 'Reply C to confirm',
          },
          { sid: expect.any(String) as string, at: '2026-03-10T14:40:00.000Z', direction: 'sent', peer: own, body: 'C' },
        ],
      },
    ])
  })

  test('say what is wrong', async () => {
    const { post } = await start()
    const send = async (number: string, body: string) => {
      const reply = await post(`/control/phones/${number}/reply`, body)
      return [reply.status, ((await reply.json()) as { code: string }).code]
    }
    expect(await send('+13125550999', '{"body":"C"}')).toEqual([404, 'no-such-phone'])
    expect(await send(ana, '{"body":"C","to":"+13125550199"}')).toEqual([404, 'no-such-number'])
    expect(await send(ana, '{"body":""}')).toEqual([400, 'empty'])
    for (const bad of ['', 'null', '[]', '{"body":1}', '{"body":"C","to":1}']) expect(await send(ana, bad)).toEqual([400, 'malformed'])
    expect(await send('Ana', '{"body":"C"}')).toEqual([404, 'not-found'])
  })

  test('unknown paths and methods are refused', async () => {
    const { twilio } = await start()
    const status = async (path: string, method = 'GET') => (await fetch(twilio.url + path, { method, redirect: 'manual' })).status
    expect(await status('/')).toBe(302)
    expect(await status('/nothing')).toBe(404)
    expect(await status('/phones/%ZZ')).toBe(404)
    expect(await status('/phones', 'PUT')).toBe(405)
  })

  test('the log has no number and no content', async () => {
    const { lines, twilio, text, post } = await start()
    await text('Reply C to confirm')
    await post('/control/phones/+13125550117/reply', '{"body":"secret"}')
    await twilio.settled()
    expect(lines.join('\n')).toMatch(/POST .*Messages\.json 201/)
    for (const word of ['555', 'Reply', 'secret', 'Ana']) expect(lines.join('\n')).not.toContain(word)
  })
})
