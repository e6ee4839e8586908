-- Who cares for whom, until a hospital's own feed says so: by unit and roster, by care team, by appointment, by a stated reason of minutes.
-- Patients are known by their id only; who they are stands in the area above.
create table unit (
  org uuid not null,
  unit uuid not null,
  name text not null check (length(name) between 1 and 80),
  location uuid,
  created_at timestamptz not null default wl_now(),
  primary key (org, unit),
  foreign key (org, location) references location (org, location)
);
create unique index unit_name on unit (org, lower(name));
select wl_tenant_table('unit', 'select, insert');

create table unit_shift (
  org uuid not null,
  shift uuid not null,
  unit uuid not null,
  person uuid not null,
  starts_at timestamptz not null,
  ends_at timestamptz check (ends_at > starts_at),
  primary key (org, shift),
  foreign key (org, unit) references unit (org, unit),
  foreign key (org, person) references person (org, person)
);
create index unit_shift_of_person on unit_shift (org, person);
select wl_tenant_table('unit_shift', 'select, insert, delete');
grant update (ends_at) on unit_shift to wardline_app;

-- Where a patient is; moving them replaces the row, that they were there stands in the audit log.
create table care_placement (
  org uuid not null,
  patient uuid not null,
  unit uuid not null,
  since timestamptz not null default wl_now(),
  primary key (org, patient),
  foreign key (org, unit) references unit (org, unit)
);
create index care_placement_of_unit on care_placement (org, unit);
select wl_tenant_table('care_placement', 'select, insert, delete');
grant update (unit, since) on care_placement to wardline_app;

create table care_member (
  org uuid not null,
  patient uuid not null,
  person uuid not null,
  why text not null check (why in ('assigned', 'registered', 'appointment')),
  since timestamptz not null default wl_now(),
  ends_at timestamptz,
  primary key (org, patient, person, why),
  foreign key (org, person) references person (org, person)
);
create index care_member_of_person on care_member (org, person);
select wl_tenant_table('care_member', 'select, insert, delete');
grant update (since, ends_at) on care_member to wardline_app;

-- A record opened for minutes: by a stated reason (cover), or in an emergency.
create table care_opening (
  org uuid not null,
  opening uuid not null,
  person uuid not null,
  patient uuid not null,
  kind text not null check (kind in ('cover', 'emergency')),
  opened_at timestamptz not null default wl_now(),
  ends_at timestamptz not null,
  primary key (org, opening),
  foreign key (org, person) references person (org, person)
);
create index care_opening_of_person on care_opening (org, person, ends_at);
select wl_tenant_table('care_opening', 'select, insert');
grant update (ends_at) on care_opening to wardline_app;
