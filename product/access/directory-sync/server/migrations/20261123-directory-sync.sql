-- What the organisation's directory says of its people, by whichever way it comes (SCIM, LDAP).

create table directory_source (
  org uuid not null references org (org),
  source uuid not null,
  kind text not null check (kind in ('scim', 'ldap')),
  label text not null check (length(label) between 1 and 80),
  made_at timestamptz not null default wl_now(),
  -- More leavers than this share of its people within an hour stop the feed.
  brake_percent int not null default 10 check (brake_percent between 1 and 100),
  halted_at timestamptz,
  halted_leavers int,
  -- An administrator looked and let it go on.
  released_until timestamptz,
  primary key (org, source)
);
select wl_tenant_table('directory_source');

-- A person whom a source speaks for.
create table directory_person (
  org uuid not null,
  person uuid not null,
  source uuid not null,
  -- The directory's own unchanging id: externalId, objectGUID, entryUUID. Null: it told none.
  key text,
  user_name text not null,
  -- Made by the directory, not adopted.
  created boolean not null,
  attributes jsonb not null,
  version int not null default 1,
  made_at timestamptz not null default wl_now(),
  changed_at timestamptz not null default wl_now(),
  left_at timestamptz,
  primary key (org, person),
  foreign key (org, person) references person (org, person),
  foreign key (org, source) references directory_source (org, source)
);
select wl_tenant_table('directory_person', 'select, insert, update');
create unique index directory_person_key on directory_person (org, source, key) where key is not null;
create index directory_person_name on directory_person (org, lower(user_name));
create index directory_person_left on directory_person (org, source, left_at) where left_at is not null;

create table directory_group (
  org uuid not null,
  id uuid not null,
  source uuid not null,
  key text,
  name text not null,
  version int not null default 1,
  made_at timestamptz not null default wl_now(),
  changed_at timestamptz not null default wl_now(),
  primary key (org, id),
  foreign key (org, source) references directory_source (org, source)
);
select wl_tenant_table('directory_group');
create unique index directory_group_key on directory_group (org, source, key) where key is not null;

create table directory_membership (
  org uuid not null,
  id uuid not null,
  person uuid not null,
  primary key (org, id, person),
  foreign key (org, id) references directory_group (org, id) on delete cascade,
  foreign key (org, person) references directory_person (org, person)
);
select wl_tenant_table('directory_membership', 'select, insert, delete');
create index directory_membership_person on directory_membership (org, person);

-- Which roles a group gives. By the group's id, so that renaming one gives nothing. Offices are never given by a directory.
create table directory_mapping (
  org uuid not null,
  id uuid not null,
  role text not null check (role in ('clinician', 'nurse', 'front-desk', 'operator')),
  primary key (org, id, role),
  foreign key (org, id) references directory_group (org, id) on delete cascade
);
select wl_tenant_table('directory_mapping', 'select, insert, delete');
