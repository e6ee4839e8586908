-- What device management says of devices. One connection an organisation; a rule stays with its number.
create table mdm_connection (
  org uuid not null,
  settings jsonb not null,
  data_key uuid not null,
  sealed bytea not null,
  state text not null check (state in ('off', 'on')),
  due_at timestamptz not null default wl_now(),
  -- The synchronisation under way: its number, and where it goes on.
  run int not null default 1,
  next text,
  worked_at timestamptz,
  problem text,
  problem_at timestamptz,
  primary key (org)
);
select wl_tenant_table('mdm_connection', 'select, insert, update');
select wl_sweeper_may('mdm_connection', 'select');
create index mdm_connection_due on mdm_connection (due_at) where state = 'on';

create table managed_device (
  org uuid not null,
  id text not null check (length(id) between 1 and 120),
  name text not null,
  user_name text not null,
  system text not null,
  os_version text not null,
  owner text not null check (owner in ('company', 'personal', 'unknown')),
  compliance text not null check (compliance in ('compliant', 'not-compliant', 'unknown')),
  checked_in_at timestamptz,
  -- Since when it is not compliant.
  bad_since timestamptz,
  run int not null,
  gone_at timestamptz,
  -- The newest enrolled device that came with it.
  device uuid,
  primary key (org, id),
  foreign key (org, device) references device (org, device)
);
create index managed_device_user on managed_device (org, user_name);
create unique index managed_device_device on managed_device (org, device) where device is not null;
select wl_tenant_table('managed_device', 'select, insert, update');

create table managed_rule (
  org uuid not null,
  version int not null check (version >= 1),
  roles text[] not null,
  grace_days int not null check (grace_days between 0 and 30),
  set_by uuid,
  set_at timestamptz not null default wl_now(),
  primary key (org, version)
);
select wl_tenant_table('managed_rule', 'select, insert');
