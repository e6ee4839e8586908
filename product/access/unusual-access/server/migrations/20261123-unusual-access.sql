-- Deliberate looks at patients' records and emergency openings, from the audit log; kept for 35 days, for counting.
create table access_look (
  org uuid not null,
  fact uuid not null,
  patient uuid not null,
  person uuid not null,
  kind text not null check (kind in ('look', 'opening')),
  at timestamptz not null,
  primary key (org, fact, patient)
);
create index access_look_of on access_look (org, person, at);
create index access_look_old on access_look (at);
select wl_tenant_table('access_look', 'select, insert');
select wl_sweeper_may('access_look', 'select, delete');

-- Who has looked at whom before.
create table access_first_look (
  org uuid not null,
  person uuid not null,
  patient uuid not null,
  fact uuid not null,
  at timestamptz not null,
  primary key (org, person, patient)
);
select wl_tenant_table('access_first_look', 'select, insert');

-- What officers look into: one open alert for a person, rule and patient, however often it happens.
create table access_alert (
  org uuid not null,
  alert uuid not null,
  person uuid not null,
  rule text not null check (rule in ('same-surname', 'same-address', 'co-worker', 'off-hours', 'volume', 'break-glass')),
  patient uuid,
  times int not null default 1,
  last_fact uuid not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  closed_by uuid,
  closed_at timestamptz,
  reason text check (reason in ('expected', 'false-alarm', 'talked-to', 'incident')),
  data_key uuid,
  sealed bytea,
  primary key (org, alert),
  check ((closed_by is null) = (closed_at is null) and (closed_at is null) = (reason is null)),
  check (closed_by <> person)
);
create unique index access_alert_open on access_alert (org, person, rule, patient) nulls not distinct where closed_at is null;
create index access_alert_of on access_alert (org, person, rule, closed_at);
select wl_tenant_table('access_alert', 'select, insert');
grant update (times, last_fact, last_at, closed_by, closed_at, reason, data_key, sealed) on access_alert to wardline_app;
