-- To which networks patients' records and archives are kept, and for whom. Versions rise by one and stay; the newest that was agreed to counts.
create table record_networks (
  org uuid not null,
  version int not null check (version >= 1),
  cidrs text[] not null,
  names text[] not null,
  -- Whose records are kept to them: who has one of these roles and works at one of these locations (none named: at any).
  roles text[] not null,
  locations uuid[] not null,
  asked_by uuid,
  asked_at timestamptz not null default wl_now(),
  agreed_by uuid,
  agreed_at timestamptz,
  primary key (org, version),
  check (cardinality(cidrs) = cardinality(names)),
  check (agreed_by is null or agreed_by <> asked_by)
);
select wl_tenant_table('record_networks', 'select, insert');
grant update (agreed_by, agreed_at) on record_networks to wardline_app;
