/** What stands behind every route: rights and row-level security of the whole schema, so that a mistake above finds a wall. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openNeighbours } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'

let street: Neighbours
beforeAll(async () => {
  street = await openNeighbours()
}, 120_000)
afterAll(() => street.close())

const ask = async <R extends object>(text: string, values: unknown[] = []): Promise<R[]> =>
  (await street.world.owner.query<R>(text, values)).rows

interface Table {
  readonly name: string
  readonly tenants: boolean
  readonly forced: boolean
}
const tables = () =>
  ask<Table>(`
    select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced,
      exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org' and not a.attisdropped) as tenants
    from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relnamespace = 'public'::regnamespace order by 1`)

describe('row-level security', () => {
  test('is forced on every table but the installation’s own, by one rule for the app', async () => {
    const all = await tables()
    expect(all.length).toBeGreaterThan(40)
    expect(all.filter((it) => !it.tenants).map((it) => it.name)).toEqual(['demo_clock', 'installation', 'migration'])
    expect(all.filter((it) => it.tenants && !it.forced)).toEqual([])
    const policies = await ask<{ table: string; name: string; cmd: string; roles: string; sees: string; writes: string | null }>(`
      select p.polrelid::regclass::text as table, p.polname as name, p.polcmd as cmd, (select string_agg(rolname, ',') from pg_roles where oid = any(p.polroles)) as roles,
        pg_get_expr(p.polqual, p.polrelid) as sees, pg_get_expr(p.polwithcheck, p.polrelid) as writes from pg_policy p`)
    const own = '(org = ( SELECT wl_org() AS wl_org))'
    const tenant = policies.filter((it) => it.name === 'tenant')
    expect(tenant.map((it) => it.table).toSorted()).toEqual(all.filter((it) => it.tenants).map((it) => it.name))
    expect(tenant.filter((it) => it.cmd !== '*' || it.roles !== 'wardline_app' || it.sees !== own || it.writes !== own)).toEqual([])
    const others = policies.filter((it) => it.name !== 'tenant')
    expect(others.filter((it) => it.roles !== 'wardline_sweeper').map((it) => [it.table, it.name, it.cmd])).toEqual([
      ['person', 'find_sign_in', 'r'],
      ['sso_connection', 'find_sso_connection', 'r'],
    ])
  })

  test('hides every row of the neighbour, and of the installation, from a transaction that names us; and of all from one that names nobody', async () => {
    const client = street.world.owner
    for (const org of [street.ours.org, '']) {
      for (const { name } of (await tables()).filter((it) => it.tenants)) {
        await client.query('begin')
        await client.query(`set local role wardline_app`)
        await client.query(`select set_config('app.org', $1, true)`, [org])
        const seen = await client
          .query<{ n: number }>(`select count(*)::int as n from "${name}" where org is distinct from nullif($1, '')::uuid`, [org])
          .then(({ rows }) => rows[0]!.n)
          .catch((thrown: { code?: string }) => thrown.code)
        await client.query('rollback')
        // What the app only adds to it does not even read.
        expect({ name, seen }).toEqual({ name, seen: name === 'node_signal' ? '42501' : 0 })
      }
    }
    expect((await ask<{ n: number }>('select count(*)::int as n from patient where org = $1', [street.theirs.org]))[0]!.n).toBeGreaterThan(
      0,
    )
  })

  test('lets nobody write into another organisation', async () => {
    const client = street.world.owner
    for (const { name } of (await tables()).filter((it) => it.tenants)) {
      await client.query('begin')
      await client.query(`set local role wardline_app`)
      await client.query(`select set_config('app.org', $1, true)`, [street.ours.org])
      const code = await client
        .query(`insert into "${name}" (org) values ($1)`, [street.theirs.org])
        .then(() => 'taken')
        .catch((thrown: { code?: string }) => thrown.code)
      await client.query('rollback')
      // 42501: refused by the policy or by missing rights. Only a trigger speaks before: it wants to see a text begin in the outbox.
      expect({ name, code }).toEqual({ name, code: name === 'outbound_text' ? '23514' : '42501' })
    }
  })
})

describe('rights', () => {
  const granted = async () =>
    ask<{ table: string; role: string; verb: string }>(`
      select table_name as table, grantee as role, privilege_type as verb from information_schema.table_privileges
      where table_schema = 'public' and grantee <> current_user
      union select table_name, grantee, privilege_type || ' of a column' from information_schema.column_privileges c
      where table_schema = 'public' and grantee <> current_user and not exists (
        select from information_schema.table_privileges t
        where t.table_schema = 'public' and t.table_name = c.table_name and t.grantee = c.grantee and t.privilege_type = c.privilege_type)`)

  test('are the app’s and the sweeper’s, and neither more nor other than reading and writing rows', async () => {
    const all = await granted()
    expect([...new Set(all.map((it) => it.role))].toSorted()).toEqual(['wardline_app', 'wardline_sweeper'])
    expect([...new Set(all.map((it) => it.verb))].toSorted()).toEqual(['DELETE', 'INSERT', 'SELECT', 'UPDATE', 'UPDATE of a column'])
    const installation = all.filter((it) => ['demo_clock', 'installation', 'migration'].includes(it.table))
    expect(new Set(installation.map((it) => it.verb))).toEqual(new Set(['SELECT']))
  })

  test('to delete are few, and what was recorded is only ever added to', async () => {
    const all = await granted()
    const may = (role: string, verb: string) =>
      all
        .filter((it) => it.role === role && it.verb === verb)
        .map((it) => it.table)
        .toSorted()
    // What stands for a moment or for as long as it holds: its coming and going are facts.
    expect(may('wardline_app', 'DELETE')).toEqual([
      'badge',
      'care_member',
      'care_placement',
      'carried',
      'carried_seal',
      'device_kept',
      'directory_group',
      'directory_mapping',
      'directory_membership',
      'directory_source',
      'emergency_switch',
      'first_run_mark',
      'known_browser',
      'location_staff',
      'number_pause',
      'passkey',
      'passkey_challenge',
      'patient_index',
      'recovery_code',
      'role_exception',
      'role_grant',
      'sign_in_backoff',
      'sign_in_ticket',
      'sso_attempt',
      'sso_connection',
      'sso_demand',
      'sso_exempt',
      'sso_link',
      'sso_pass',
      'totp',
      'unit_shift',
      'workstation_pin',
    ])
    expect(may('wardline_sweeper', 'DELETE')).toEqual([
      'access_look',
      'fact_payload',
      'fact_unnumbered',
      'known_browser',
      'node_signal',
      'parked_fact',
      'passkey_challenge',
      'session',
      'shift',
      'sign_in_backoff',
      'sign_in_notice',
      'sign_in_ticket',
      'sso_assertion',
      'sso_attempt',
      'workstation_session',
    ])
    expect(may('wardline_sweeper', 'UPDATE')).toEqual(['listener_cursor', 'log_head'])
    const changeable = new Set([...may('wardline_app', 'UPDATE'), ...may('wardline_app', 'UPDATE of a column')])
    for (const record of [
      'archive_policy',
      'archive_scope',
      'consent_key',
      'consent_receipt',
      'epoch',
      'fact',
      'fact_payload',
      'history_seal',
      'inbound_text',
      'key_statement',
      'log_checkpoint',
      'log_entry',
      'log_key',
      'log_node',
      'organisation_keys',
      'removal',
      'role_first_grant',
      'role_withdrawal',
      'seal_set',
      'sign_in_secret',
      'trust_statement',
    ])
      expect({ record, changeable: changeable.has(record) }).toEqual({ record, changeable: false })
  })

  test('of the two roles are the rows’ alone: they cannot sign in, go around the rules, or make anything', async () => {
    expect(
      await ask(`
        select rolname, rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb, rolreplication,
          has_schema_privilege(rolname, 'public', 'create') as creates,
          exists (select from pg_auth_members m where m.member = r.oid) as belongs
        from pg_roles r where rolname in ('wardline_app', 'wardline_sweeper') order by 1`),
    ).toEqual(
      ['wardline_app', 'wardline_sweeper'].map((rolname) => ({
        rolname,
        rolsuper: false,
        rolbypassrls: false,
        rolcanlogin: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolreplication: false,
        creates: false,
        belongs: false,
      })),
    )
  })

  test('what looks across organisations is what signing in begins with; it is pinned, and is not everybody’s', async () => {
    const definers = await ask<{ name: string; settings: string[]; everybody: boolean }>(`
      select p.proname as name, p.proconfig as settings, has_function_privilege('public', p.oid, 'execute') as everybody
      from pg_proc p where p.prosecdef and p.pronamespace = 'public'::regnamespace order by 1`)
    const pinned = { settings: ['search_path=pg_catalog, public, pg_temp'], everybody: false }
    expect(definers).toEqual(
      ['wl_find_sign_in', 'wl_find_sso_connection', 'wl_sso_address_taken', 'wl_sso_offers'].map((name) => ({ name, ...pinned })),
    )
  })
})

test('the clock is asked by one function: no default and no function of ours reads the wall clock itself', async () => {
  const defaults = await ask(`
    select adrelid::regclass::text as table, pg_get_expr(adbin, adrelid) as expression from pg_attrdef
    where pg_get_expr(adbin, adrelid) ~ '(now\\(\\)|current_timestamp|clock_timestamp)' and pg_get_expr(adbin, adrelid) !~ '^wl_now\\(\\)$' and adrelid::regclass::text <> 'migration'`)
  expect(defaults).toEqual([])
  const functions = await ask(`
    select proname as name from pg_proc where pronamespace = 'public'::regnamespace and proname <> 'wl_raw_clock'
      and prosrc ~* '(^|[^_a-z])(now\\(\\)|current_timestamp|clock_timestamp|localtimestamp)'`)
  expect(functions).toEqual([])
})
