/** A nurse comes on Monday and is gone on Friday: from the hospital's directory to the ward's shared phone, and out of everything again. */
import { castMember, codeOf } from '@wardline/dev'
import type { CastMember } from '@wardline/dev'
import { openConnection } from '@wardline/platform/server'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser } from '../testing/browser.ts'
import { canary, findIn, secretCanary } from './lib/canary.ts'
import type { Canary } from './lib/canary.ts'
import { fromBase32 } from './lib/device.ts'
import {
  beginShift,
  comeBack,
  findAtPage,
  fullSignIn,
  heapOf,
  holdBadge,
  lockScreen,
  makeSharedPhone,
  openSignedIn,
  openStage,
  setPinHere,
  tileOf,
} from './lib/station.ts'
import type { Stage } from './lib/station.ts'
import { complaints, isAccessible, openTab, patience, said, searchBrowser, write } from './lib/window.ts'

const { organisation } = castMember('kim')
const [kim, ada, hana] = ['kim', 'ada', 'hana'].map((it) => castMember(it).member) as [CastMember, CastMember, CastMember]
const mia = {
  signInName: 'mia.torres@stbrendan.example',
  name: 'Mia Torres',
  password: 'teal window orchard 93',
  pin: '739104',
  badge: '04B7713A9C5E81',
}
const pinOfAda = '903517'
const handset = { width: 390, height: 844 }

describe.skipIf(!hasBrowser())(hasBrowser() ? 'a joiner and leaver' : 'a joiner and leaver: skipped, no browser was found', () => {
  let stage: Stage
  let office: BrowserContext
  let pocket: BrowserContext
  let admin: Page
  let phone: Page
  let desk: Page
  let token: string
  let person: string
  let conversation: string
  /** Everything that is hers: what she wrote, and what she typed to get in. */
  const hers: Canary[] = [mia.name, mia.signInName, mia.password, mia.pin, mia.badge].map(secretCanary)
  const draw = (begins: string): string => {
    const made = canary(begins)
    hers.push(made)
    return made.text
  }
  const [greeting, answer, half] = ['Welcome to 4W', 'Glad to be here', 'Bed 7 asks whether'].map(draw) as [string, string, string]

  beforeAll(async () => {
    stage = await openStage()
    ;[office, pocket] = [await openSignedIn(stage, organisation, hana), await openSignedIn(stage, organisation, hana)]
    admin = await openTab(office, 'office')
    phone = await openTab(pocket, 'ward phone')
    await phone.setViewportSize(handset)
    desk = await openTab(await openSignedIn(stage, organisation, kim), 'kim')
  }, 180_000)
  afterEach(() => {
    // A PIN, badge or password that is refused: the browser tells these by itself.
    expect(complaints.splice(0).filter((it) => !/status of 4(04|22|29)/.test(it))).toEqual([])
  })
  afterAll(() => stage?.close())

  const now = () => stage.demo.server.clock.ms()
  const inbox = (page: Page) => page.getByRole('list', { name: /^Inbox/ })
  /** The ward's conversation: the only one that Dr Patel is in. */
  async function openWard(page: Page): Promise<void> {
    await inbox(page).getByRole('link').filter({ hasText: 'Patel' }).click()
    await page.getByRole('textbox', { name: /^Message to/ }).waitFor()
  }
  const lock = async () => {
    await phone.getByRole('button', { name: 'Lock and switch user' }).click()
    await lockScreen(phone)
  }
  /** What the hospital's directory says, by SCIM. */
  async function directory(method: string, path: string, body: object): Promise<{ id: string }> {
    const told = await fetch(`${stage.demo.url}/scim/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
      body: JSON.stringify(body),
    })
    expect(told.ok).toBe(true)
    return (await told.json()) as { id: string }
  }
  async function rows<T extends object>(text: string, values: readonly unknown[]): Promise<T[]> {
    const owner = await openConnection(stage.demo.databaseUrl, 'scenario')
    const found = await owner.query<T>(text, [...values])
    await owner.end()
    return found.rows
  }
  /** For whom each of the ward conversation's epochs is sealed, the oldest first. */
  async function sealedFor(): Promise<string[][]> {
    const found = await rows<{ people: string[] }>(
      'select array_agg(distinct person::text) as people from member_seal where conversation = $1 group by n order by n',
      [conversation],
    )
    return found.map((it) => it.people)
  }

  test('the directory names her; an administrator gives her role and a one-time code; the ward has a shared phone', async () => {
    const issued = await office.request.post(`${stage.demo.url}/api/v1/admin/scim/tokens`, {
      data: { label: 'Entra' },
      headers: { 'x-wardline': '1', origin: stage.demo.url },
    })
    token = ((await issued.json()) as { secret: string }).secret
    const user = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: mia.signInName, displayName: mia.name, title: 'RN' }
    person = (await directory('POST', '/Users', { ...user, active: true })).id

    await admin.goto(`${stage.demo.url}/settings/people`)
    await admin.getByRole('button', { name: `Change ${mia.name}` }).click()
    await admin.getByRole('checkbox', { name: 'nurse' }).press('Space')
    await admin.getByRole('button', { name: 'Save changes' }).click()
    await admin
      .getByRole('row', { name: new RegExp(mia.name) })
      .getByText('nurse')
      .waitFor()
    await admin.getByRole('button', { name: `Change ${mia.name}` }).click()
    await admin.getByRole('button', { name: 'New one-time code' }).click()
    await admin.getByRole('heading', { name: `One-time code for ${mia.name}` }).waitFor()
    hers.push(secretCanary((await admin.locator('.people__code').innerText()).trim()))

    await makeSharedPhone(phone, stage.demo.url, '4W phone')
  }, 120_000)

  test('at the phone she enrols by her code, makes her keys, and sets her PIN and badge', async () => {
    const code = hers.at(-1)!.text
    await phone.getByRole('button', { name: fullSignIn }).click()
    await phone.getByRole('button', { name: 'I have a one-time code from my administrator' }).click()
    await phone.getByLabel('Sign-in name').fill(mia.signInName)
    await phone.getByRole('textbox', { name: 'One-time code' }).fill(code)
    await phone.getByRole('button', { name: 'Continue' }).click()
    const key = (await phone.locator('span.wl-mono').innerText()).replaceAll(/\s/g, '')
    await phone.getByRole('textbox', { name: 'Choose a password' }).fill(mia.password)
    await phone.getByLabel('Code from your authenticator').fill(codeOf({ totpKey: fromBase32(key) } as CastMember, now()).code)
    await phone.getByRole('button', { name: 'Finish and sign in' }).click()
    hers.push(secretCanary(key))

    await phone.getByRole('button', { name: 'Create my keys' }).click()
    await phone.getByRole('button', { name: 'I have kept it' }).waitFor()
    const groups = (await phone.locator('.recovery-kit__group').allInnerTexts()).map((it) => it.trim())
    expect(groups).toHaveLength(8)
    hers.push(...['', '-', ' '].map((between) => secretCanary(groups.join(between))))
    await phone.getByRole('button', { name: 'I have kept it' }).click()
    for (const field of await phone.getByRole('textbox', { name: /^Group \d$/ }).all()) {
      const label = await field.evaluate((it) => (it as HTMLInputElement).labels?.[0]?.textContent ?? '')
      await field.fill(groups[Number(/\d/.exec(label)![0]) - 1]!)
    }
    await phone.getByRole('button', { name: 'Done' }).click()
    await setPinHere(phone, mia.pin)

    await phone.goto(`${stage.demo.url}/settings`)
    await phone.getByRole('button', { name: 'Register a badge' }).click()
    await phone.getByRole('textbox', { name: 'Badge' }).fill(mia.badge)
    await phone.getByRole('button', { name: 'Register', exact: true }).click()
    await phone.getByRole('button', { name: 'Remove badge 1' }).waitFor()
  }, 120_000)

  test('a colleague puts her into the ward’s conversation; she reads and writes at the phone', async () => {
    await desk.goto(stage.demo.url)
    await desk.getByLabel('Recovery key').fill(stage.keys[kim.signInName]!)
    await desk.getByRole('button', { name: 'Add this browser' }).click()
    await openWard(desk)
    conversation = new URL(desk.url()).pathname.split('/').at(-1)!
    await desk.getByRole('button', { name: 'Add', exact: true }).click()
    const dialog = desk.getByRole('dialog')
    await dialog.getByRole('searchbox', { name: 'Whom' }).fill('Mia')
    await dialog.getByRole('checkbox', { name: new RegExp(mia.name) }).press('Space')
    await dialog.getByRole('button', { name: 'Add 1 person' }).click()
    await dialog.waitFor({ state: 'detached' })
    await write(desk, greeting)

    await phone.goto(stage.demo.url)
    await openWard(phone)
    await said(phone, greeting).waitFor()
    await write(phone, answer)
    await said(desk, answer).waitFor()
    await phone.getByRole('textbox', { name: /^Message to/ }).fill(half)
    expect((await sealedFor()).at(-1)).toContain(person)
  }, 120_000)

  test('she hands the phone to a doctor by the veil and her PIN; neither finds anything of the other', async () => {
    await lock()
    await tileOf(phone, mia).waitFor()
    await beginShift(phone, { ...ada, recoveryKey: stage.keys[ada.signInName]! }, pinOfAda, now())
    await openWard(phone)
    await said(phone, answer).waitFor()
    await lock()
    await comeBack(phone, mia, mia.pin)
    await openWard(phone)
    await expect.poll(() => phone.getByRole('textbox', { name: /^Message to/ }).inputValue()).toBe(half)
    // What is hers is there while she is: the search sees it.
    expect(findIn(await heapOf(phone), hers, 'the heap').length).toBeGreaterThan(0)
    await lock()
    const others = hers.filter((it) => it.text !== mia.name)
    expect(await findAtPage(phone, others)).toEqual([])
    await comeBack(phone, ada, pinOfAda)
    expect(
      await findAtPage(
        phone,
        others.filter((it) => ![greeting, answer].includes(it.text) && it.text !== mia.signInName),
      ),
    ).toEqual([])
    await lock()
  }, 180_000)

  test('on Friday the directory ends her: the phone covers itself in the middle of her work, and nothing of hers is at it', async () => {
    await comeBack(phone, mia, mia.pin)
    await openWard(phone)
    await said(phone, answer).waitFor()
    const [before] = await pocket.cookies()
    await directory('PATCH', `/Users/${person}`, { Operations: [{ op: 'replace', path: 'active', value: false }] })
    await lockScreen(phone)
    await tileOf(phone, ada).waitFor()
    expect(await tileOf(phone, mia).count()).toBe(0)
    const stolen = await fetch(`${stage.demo.url}/api/v1/me`, { headers: { cookie: `${before!.name}=${before!.value}` } })
    expect(stolen.status).toBe(401)
    await isAccessible(phone, 'lock screen after a leaver')
    await phone.setViewportSize(handset)
    // Her name this test itself has just asked the page for.
    expect(
      await findAtPage(
        phone,
        hers.filter((it) => it.text !== mia.name),
      ),
    ).toEqual([])
    expect((await searchBrowser(phone, hers)).found).toEqual([])
    expect(await phone.content()).not.toContain(mia.name)
  }, 120_000)

  test('she cannot come back by PIN, badge, password or code', async () => {
    await phone.getByRole('button', { name: 'My shift began elsewhere' }).click()
    await phone.getByRole('textbox', { name: 'Sign-in name' }).fill(mia.signInName)
    await phone.getByRole('textbox', { name: 'PIN', exact: true }).fill(mia.pin)
    await phone.getByText('This PIN does not open anything.').first().waitFor()
    await phone.getByRole('button', { name: 'Somebody else' }).click()
    await lockScreen(phone)
    await holdBadge(phone, mia.badge)
    await phone.getByText('This badge is nobody’s who has signed in for this shift.').waitFor()
    await phone.getByRole('button', { name: fullSignIn }).click()
    await phone.getByLabel('Sign-in name').fill(mia.signInName)
    await phone.getByRole('textbox', { name: 'Password' }).fill(mia.password)
    await phone.getByRole('button', { name: 'Continue' }).click()
    await phone.getByText('The name or the password is not right.').first().waitFor()
    await phone.getByRole('button', { name: 'I have a one-time code from my administrator' }).click()
    await phone.getByLabel('Sign-in name').fill(mia.signInName)
    await phone.getByRole('textbox', { name: 'One-time code' }).fill(hers.find((it) => /^[0-9A-Z-]{31}$/.test(it.text))!.text)
    await phone.getByRole('button', { name: 'Continue' }).click()
    await phone.getByText('The name or the one-time code is not right').first().waitFor()
    await phone.goto(`${stage.demo.url}/sign-in`)
    await lockScreen(phone)
  }, 120_000)

  test('the ward’s next message is sealed without her, and her colleagues go on', async () => {
    const sealed = (await sealedFor()).length
    const next = canary('Bed 7 is going home')
    await write(desk, next.text)
    await expect
      .poll(
        () =>
          said(desk, next.text)
            .getByText(/Sent|Delivered|Shown/)
            .count(),
        { timeout: patience },
      )
      .toBeGreaterThan(0)
    const epochs = await sealedFor()
    expect(epochs.length).toBeGreaterThan(sealed)
    expect(epochs.at(-1)).not.toContain(person)
    expect(epochs.at(-1)).toEqual(expect.arrayContaining([kim.person, ada.person]))
    await desk.getByText(`Removed: ${mia.name}`).waitFor()
    await comeBack(phone, ada, pinOfAda)
    await openWard(phone)
    await said(phone, next.text).waitFor()
    await lock()
    expect(
      await rows(
        `select (select count(*) from session where person = $1 and ended_at is null)::int as sessions,
          (select count(*) from role_grant where person = $1)::int as roles,
          (select count(*) from conversation_member where person = $1 and removed_at is null)::int as conversations`,
        [person],
      ),
    ).toEqual([{ sessions: 0, roles: 0, conversations: 0 }])
    // What she wrote and typed is in no line of the log.
    expect(findIn(Buffer.from(stage.logged.join('')), hers, 'the log')).toEqual([])
  }, 120_000)
})
