-- What somebody said about the steps of setting an organisation up. Everything else about them is computed from the state of the system.
create table first_run (
  org uuid primary key,
  begun_at timestamptz not null default wl_now(),
  finished_at timestamptz,
  finished_by uuid
);
select wl_tenant_table('first_run', 'select, insert');
grant update (finished_at, finished_by) on first_run to wardline_app;

create table first_run_mark (
  org uuid not null,
  step text not null check (step in ('sign-in', 'organisation', 'people', 'officers', 'archive-key', 'own-keys', 'texting', 'consent')),
  mark text not null check (mark in ('looked-at', 'later')),
  by uuid,
  at timestamptz not null default wl_now(),
  primary key (org, step)
);
select wl_tenant_table('first_run_mark');

-- The organisation's zone can be corrected while it is set up, as its name can.
grant update (zone) on org to wardline_app;
