-- Places of an organisation. One that has a single place has no row here and never sees the word.
create table location (
  org uuid not null,
  location uuid not null,
  name text not null check (length(name) between 1 and 120),
  zone text not null,
  sender_name text check (length(sender_name) between 1 and 60),
  main boolean not null default false,
  created_at timestamptz not null default wl_now(),
  primary key (org, location)
);
create unique index location_name on location (org, lower(name));
create unique index location_main on location (org) where main;
select wl_tenant_table('location', 'select, insert');
grant update (name, zone, sender_name) on location to wardline_app;

-- Who works where: rights that end at the location end there.
create table location_staff (
  org uuid not null,
  person uuid not null,
  location uuid not null,
  since timestamptz not null default wl_now(),
  primary key (org, person, location),
  foreign key (org, person) references person (org, person),
  foreign key (org, location) references location (org, location)
);
create index location_staff_of_location on location_staff (org, location);
select wl_tenant_table('location_staff', 'select, insert, delete');
