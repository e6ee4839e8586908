-- The ground that every feature stands on: roles, tenancy, the clock, facts, listeners' cursors, parked facts, due chores.

-- Three roles (docs/decisions): the owner migrates; app works under forced row-level security; sweeper sees listed rows of all organisations.
do $$ begin create role wardline_app nologin; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role wardline_sweeper nologin; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin
  execute format('grant wardline_app, wardline_sweeper to %I', current_user);
exception when others then null; end $$;
grant usage on schema public to wardline_app, wardline_sweeper;

-- The organisation of this transaction; unset sees nothing.
create function wl_org() returns uuid language sql stable parallel safe
  return nullif(current_setting('app.org', true), '')::uuid;

-- Makes a table a tenant's: row-level security forced, the named rights for app (what is append-only has no update and no delete). Every such table has a column org, first in its primary key.
create function wl_tenant_table(tab regclass, verbs text default 'select, insert, update, delete') returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', tab);
  execute format('alter table %s force row level security', tab);
  execute format('create policy tenant on %s to wardline_app using (org = (select wl_org())) with check (org = (select wl_org()))', tab);
  execute format('grant %s on %s to wardline_app', verbs, tab);
end $$;

-- Lets the sweeper read (and, where said, write) a tenant table across organisations: due rows, the sequencer, purges.
create function wl_sweeper_may(tab regclass, verbs text) returns void language plpgsql as $$
begin
  execute format('create policy sweeper on %s to wardline_sweeper using (true) with check (true)', tab);
  execute format('grant %s on %s to wardline_sweeper', verbs, tab);
end $$;

-- The clock. Real time comes from wl_raw_clock(), replaced only by tests of database clock jumps;
-- the shift is zero for ever in a real installation and moved by the demo's buttons in a demo one.
create function wl_raw_clock() returns timestamptz language sql volatile as 'select clock_timestamp()';
create function wl_shift() returns interval language sql stable as $$ select interval '0' $$;
create function wl_now() returns timestamptz language sql volatile as 'select wl_raw_clock() + wl_shift()';

-- An organisation: the tenant. The row of the nil id stands for the installation itself (facts without an organisation).
create table org (
  org uuid primary key,
  name text not null check (length(name) between 1 and 200),
  zone text not null,
  preset text not null check (preset in ('practice', 'hospital', 'installation')),
  created_at timestamptz not null default wl_now()
);
select wl_tenant_table('org', 'select, insert');
-- An organisation stays; locking its row needs a right to change something of it.
grant update (name) on org to wardline_app;
select wl_sweeper_may('org', 'select');
insert into org (org, name, zone, preset) values ('00000000-0000-0000-0000-000000000000', 'this installation', 'UTC', 'installation');

-- What happened. The payload stands apart, sealed under its retention bucket's data key, so that it can be erased and the fact still verifies.
create table fact (
  org uuid not null,
  id uuid not null,
  kind text not null,
  at timestamptz not null,
  key text not null,
  actor uuid,
  device uuid,
  commitment bytea not null check (length(commitment) = 32),
  primary key (org, id)
);
select wl_tenant_table('fact', 'select, insert');
select wl_sweeper_may('fact', 'select');

create table fact_payload (
  org uuid not null,
  fact uuid not null,
  data_key uuid not null,
  sealed bytea not null,
  primary key (org, fact)
);
select wl_tenant_table('fact_payload', 'select, insert');
select wl_sweeper_may('fact_payload', 'select, delete');

-- Facts that are committed and not numbered yet. The sequencer empties it; late commits simply come later (no transaction-id horizon).
create table fact_unnumbered (org uuid not null, fact uuid not null);
select wl_tenant_table('fact_unnumbered', 'select, insert');
select wl_sweeper_may('fact_unnumbered', 'select, delete');
alter table fact_unnumbered set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- The log's order: gapless per organisation, given after commit. Readers of facts follow it.
create table log_entry (
  org uuid not null,
  index bigint not null check (index >= 0),
  fact uuid not null,
  leaf bytea not null,
  leaf_hash bytea not null check (length(leaf_hash) = 32),
  primary key (org, index)
);
select wl_tenant_table('log_entry', 'select');
select wl_sweeper_may('log_entry', 'select, insert');

-- How far an `after` listener has come in an organisation's log.
create table listener_cursor (
  org uuid not null,
  listener text not null,
  next_index bigint not null default 0,
  attempts int not null default 0,
  -- Not before this is a failed fact tried again: 1, 2, 4 and 8 seconds.
  retry_at timestamptz not null default '-infinity',
  primary key (org, listener)
);
select wl_tenant_table('listener_cursor', 'select');
select wl_sweeper_may('listener_cursor', 'select, insert, update');

-- A fact that a listener failed on five times: put aside with an alarm, so that the others go on.
create table parked_fact (
  org uuid not null,
  listener text not null,
  index bigint not null,
  parked_at timestamptz not null default wl_now(),
  primary key (org, listener, index)
);
select wl_tenant_table('parked_fact', 'select');
select wl_sweeper_may('parked_fact', 'select, insert, delete');

revoke create on schema public from public;
grant select on migration, installation to wardline_app, wardline_sweeper;
