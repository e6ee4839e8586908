-- Shared workstations: registered browsers. Only the hash of a workstation's token is stored, and of its key the public half.
create table workstation (
  org uuid not null,
  workstation uuid not null,
  name text not null check (length(name) between 1 and 80),
  location uuid,
  place text not null check (place in ('counter', 'hallway', 'phone')),
  token_hash bytea not null check (length(token_hash) = 32),
  box_key bytea not null check (length(box_key) = 32),
  set_up_by uuid not null,
  set_up_at timestamptz not null default wl_now(),
  seen_at timestamptz not null default wl_now(),
  removed_at timestamptz,
  primary key (org, workstation),
  foreign key (org, location) references location (org, location)
);
select wl_tenant_table('workstation', 'select, insert');
grant update (seen_at, removed_at) on workstation to wardline_app;
create unique index workstation_token on workstation (org, token_hash);
create unique index workstation_name on workstation (org, lower(name)) where removed_at is null;

-- A shift: from a full sign-in at a shared workstation on, its person comes back by PIN. `provider`: the organisation's own, where it proved them.
create table shift (
  org uuid not null,
  shift uuid not null,
  person uuid not null,
  provider uuid,
  workstation uuid not null,
  began_at timestamptz not null,
  ends_at timestamptz not null,
  wrong_row int not null default 0,
  wrong_all int not null default 0,
  wait_until timestamptz,
  ended_at timestamptz,
  primary key (org, shift),
  foreign key (org, person) references person (org, person),
  foreign key (org, workstation) references workstation (org, workstation)
);
select wl_tenant_table('shift', 'select, insert');
grant update (workstation, wrong_row, wrong_all, wait_until, ended_at) on shift to wardline_app;
select wl_sweeper_may('shift', 'select, delete');
create unique index shift_open on shift (org, person) where ended_at is null;
create index shift_due on shift (ends_at) where ended_at is null;
create index shift_past on shift (ended_at) where ended_at is not null;

-- Which sessions are at which shared workstation, and how their person came in.
create table workstation_session (
  org uuid not null,
  session uuid not null,
  person uuid not null,
  workstation uuid not null,
  shift uuid not null,
  signed_in_by text not null check (signed_in_by in ('in-full', 'pin', 'badge-and-pin')),
  at timestamptz not null default wl_now(),
  primary key (org, session)
);
select wl_tenant_table('workstation_session', 'select, insert');
select wl_sweeper_may('workstation_session', 'select, delete');
create index workstation_session_person on workstation_session (org, person);
create index workstation_session_past on workstation_session (at);

-- The argon2id string of a person's PIN, sealed.
create table workstation_pin (
  org uuid not null,
  person uuid not null,
  data_key uuid not null,
  sealed bytea not null,
  set_at timestamptz not null default wl_now(),
  primary key (org, person),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('workstation_pin', 'select, insert, delete');
grant update (data_key, sealed, set_at) on workstation_pin to wardline_app;

-- Badges by a keyed hash; the key of it is sealed.
create table badge (
  org uuid not null,
  badge uuid not null,
  person uuid not null,
  tag bytea not null check (length(tag) = 32),
  registered_by uuid not null,
  registered_at timestamptz not null default wl_now(),
  primary key (org, badge),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('badge', 'select, insert, delete');
create unique index badge_tag on badge (org, tag);
create index badge_person on badge (org, person);
create table badge_key (
  org uuid not null primary key,
  data_key uuid not null,
  sealed bytea not null
);
select wl_tenant_table('badge_key', 'select, insert');

-- What a person sealed for themselves, with the server's half of its key (sealed besides), and the other half sealed to each workstation.
create table carried (
  org uuid not null,
  person uuid not null,
  version int not null check (version >= 1),
  data_key uuid not null,
  half bytea not null,
  sealed bytea not null,
  proven_at timestamptz not null,
  primary key (org, person),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('carried', 'select, insert, delete');
grant update (version, data_key, half, sealed, proven_at) on carried to wardline_app;
select wl_sweeper_may('carried', 'select');
create index carried_proven on carried (proven_at);
create table carried_seal (
  org uuid not null,
  person uuid not null,
  workstation uuid not null,
  seal bytea not null,
  primary key (org, person, workstation),
  foreign key (org, person) references carried (org, person)
);
select wl_tenant_table('carried_seal', 'select, insert, delete');
grant update (seal) on carried_seal to wardline_app;
