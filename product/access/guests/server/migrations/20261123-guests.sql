-- People of other organisations: until when they are let in, and who made sure who they are. None is without an end.
create table guest (
  org uuid not null,
  person uuid not null,
  kind text not null check (kind in ('clinician', 'vendor')),
  comes_from text not null check (length(comes_from) between 1 and 40),
  ends_at timestamptz not null,
  identity text not null check (identity in ('seen-in-person', 'employer-confirmed', 'video-with-document')),
  verified_by uuid,
  over boolean not null default false,
  primary key (org, person),
  foreign key (org, person) references person (org, person)
);
create index guest_due on guest (ends_at) where not over;
select wl_tenant_table('guest', 'select, insert');
grant update (ends_at, over) on guest to wardline_app;
select wl_sweeper_may('guest', 'select');
