-- What people and the organisation must know of a device beside its keys: what it is, when it was here, whether it was lost and is wiped.
create table device_care (
  org uuid not null,
  device uuid not null,
  name text not null check (length(name) between 1 and 60),
  system text not null check (length(system) <= 40),
  browser text not null check (length(browser) <= 40),
  version int not null check (version >= 0),
  storage text not null check (storage in ('cache', 'memory')),
  managed boolean not null default false,
  seen_at timestamptz not null default wl_now(),
  lost_at timestamptz,
  lost_by uuid,
  wiped_at timestamptz,
  wipe_why text check (wipe_why in ('ordered', 'stale')),
  -- The device's signed receipt: evidence of the wipe (NIST SP 800-88 rev. 2).
  receipt bytea,
  check ((wiped_at is null) = (receipt is null)),
  primary key (org, device),
  foreign key (org, device) references device (org, device)
);
create index device_care_lost on device_care (org, lost_at) where lost_at is not null and wiped_at is null;
select wl_tenant_table('device_care', 'select, insert');
-- That a device was lost or wiped is never taken back.
grant update (name, system, browser, version, storage, managed, seen_at, lost_at, lost_by, wiped_at, wipe_why, receipt) on device_care to wardline_app;
