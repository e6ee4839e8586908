-- Which trainings are asked for: the newest row of each counts, and all of them stay (45 CFR 164.530(j)). Without a version: no longer.
create table training_required (
  org uuid not null references org (org),
  training text not null check (length(training) between 1 and 40),
  nr int not null check (nr > 0),
  version text check (length(version) between 1 and 40),
  -- Since when it is asked for at all, through all its versions.
  first_since timestamptz not null,
  since timestamptz not null default wl_now(),
  by uuid not null,
  primary key (org, training, nr)
);
select wl_tenant_table('training_required', 'select, insert');

-- Who did what, on which day, and which officer says so.
create table training_done (
  org uuid not null,
  completion uuid not null,
  person uuid not null,
  training text not null check (length(training) between 1 and 40),
  version text not null check (length(version) between 1 and 40),
  done_on date not null,
  recorded_by uuid not null,
  recorded_at timestamptz not null default wl_now(),
  primary key (org, completion),
  foreign key (org, person) references person (org, person)
);
create index training_done_of on training_done (org, person, training, done_on);
select wl_tenant_table('training_done', 'select, insert');
