-- Who asks that a device keeps nothing in its browser, and since when it is known to have to forget what it kept.
alter table device_care add column own_memory boolean not null default false, add column demanded_memory boolean not null default false,
  add column forget_at timestamptz;
grant update (own_memory, demanded_memory, forget_at) on device_care to wardline_app;

-- What such a device must not forget: its keys, chains and drafts, sealed to its person's unlock factors. The server opens none of it.
create table device_kept (
  org uuid not null,
  device uuid not null,
  version int not null check (version >= 1),
  sealed bytea not null,
  seals jsonb not null,
  at timestamptz not null default wl_now(),
  primary key (org, device),
  foreign key (org, device) references device (org, device)
);
select wl_tenant_table('device_kept', 'select, insert, update, delete');
