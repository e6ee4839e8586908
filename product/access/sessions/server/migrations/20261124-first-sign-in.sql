-- Who ever signed in, kept for good: sessions go after thirty days. Whoever did is no newcomer any more.
create table first_sign_in (
  org uuid not null,
  person uuid not null,
  at timestamptz not null default wl_now(),
  primary key (org, person),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('first_sign_in', 'select, insert');
insert into first_sign_in (org, person)
  select org, person from session union select org, person from enrolment where used_at is not null;
