-- From which networks administration is done. Versions rise by one and stay. One that is tried counts until `trial_until`, unless it is confirmed.
create table admin_networks (
  org uuid not null,
  version int not null check (version >= 1),
  cidrs text[] not null,
  names text[] not null,
  outside text not null check (outside in ('absent', 'step-up')),
  set_by uuid,
  set_at timestamptz not null default wl_now(),
  trial_until timestamptz,
  confirmed_at timestamptz,
  primary key (org, version),
  check (cardinality(cidrs) = cardinality(names))
);
select wl_tenant_table('admin_networks', 'select, insert');
grant update (confirmed_at) on admin_networks to wardline_app;
