-- When somebody was first given a role: what counts from then is not begun anew by taking the role away and giving it again.
create table role_first_grant (
  org uuid not null,
  person uuid not null,
  role text not null,
  granted_at timestamptz not null,
  primary key (org, person, role),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('role_first_grant', 'select, insert');
insert into role_first_grant (org, person, role, granted_at) select org, person, role, granted_at from role_grant;

create function role_first_granted() returns trigger language plpgsql as $$
begin
  insert into role_first_grant (org, person, role, granted_at) values (new.org, new.person, new.role, new.granted_at) on conflict do nothing;
  return new;
end $$;
create trigger role_first_granted after insert on role_grant for each row execute function role_first_granted();
