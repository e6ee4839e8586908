-- The organisation's LDAP directory: one, asked each minute.
create table ldap_connection (
  org uuid not null,
  source uuid not null,
  settings jsonb not null,
  data_key uuid not null,
  sealed bytea not null,
  state text not null check (state in ('off', 'on')),
  due_at timestamptz not null default wl_now(),
  worked_at timestamptz,
  seen int,
  problem text,
  problem_at timestamptz,
  primary key (org),
  foreign key (org, source) references directory_source (org, source)
);
select wl_tenant_table('ldap_connection', 'select, insert, update');
select wl_sweeper_may('ldap_connection', 'select');
create index ldap_connection_due on ldap_connection (due_at) where state = 'on';
