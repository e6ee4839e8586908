-- Somebody whose roles are never more than these, whoever changes them: a guest. Written once, with the person.
create table role_ceiling (
  org uuid not null,
  person uuid not null,
  roles text[] not null check (cardinality(roles) between 1 and 8),
  primary key (org, person),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('role_ceiling', 'select, insert');
