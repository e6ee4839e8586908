-- Which roles were taken away, from whom, and by whom they had been given: to take a role away for a moment leaves nobody without a second person.
create table role_withdrawal (
  org uuid not null,
  person uuid not null,
  role text not null,
  withdrawn_at timestamptz not null default wl_now(),
  -- Of the role as it was held.
  granted_at timestamptz not null,
  granted_by uuid,
  primary key (org, person, role, withdrawn_at),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('role_withdrawal', 'select, insert');
create index role_withdrawal_lately on role_withdrawal (org, withdrawn_at);

-- By whatever way a role goes, this is written with it.
create function role_withdrawn() returns trigger language plpgsql as $$
begin
  insert into role_withdrawal (org, person, role, granted_at, granted_by) values (old.org, old.person, old.role, old.granted_at, old.granted_by)
    on conflict do nothing;
  return old;
end $$;
create trigger role_withdrawn after delete on role_grant for each row execute function role_withdrawn();
