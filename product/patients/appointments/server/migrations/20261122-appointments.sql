-- Visits, as far as reminders need them. Why somebody comes is sealed and never leaves in a text.
create table visit (
  org uuid not null,
  visit uuid not null,
  patient uuid not null,
  starts_at timestamptz not null,
  state text not null default 'booked' check (state in ('booked', 'cancelled')),
  data_key uuid not null,
  sealed bytea not null,
  created_at timestamptz not null default wl_now(),
  primary key (org, visit),
  foreign key (org, patient) references patient (org, patient)
);
create index visit_by_time on visit (org, starts_at);
create index visit_of_patient on visit (org, patient, starts_at);
select wl_tenant_table('visit', 'select, insert');
grant update (state) on visit to wardline_app;
