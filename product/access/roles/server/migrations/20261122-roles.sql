-- Who has which role. A withdrawn role is a deleted row; that it was held, from when to when, stands in the audit log.
create table role_grant (
  org uuid not null,
  person uuid not null,
  role text not null check (role in ('administrator', 'privacy-officer', 'clinician', 'front-desk', 'auditor')),
  granted_at timestamptz not null default wl_now(),
  granted_by uuid,
  primary key (org, person, role),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('role_grant', 'select, insert, delete');
-- Locking the administrators' rows while one of them is withdrawn needs an update right; which column does not matter.
grant update (granted_at) on role_grant to wardline_app;

-- Who signed for one person being administrator and privacy officer, and why.
create table role_exception (
  org uuid not null,
  person uuid not null,
  reason text not null check (length(reason) between 10 and 500),
  signed_at timestamptz not null default wl_now(),
  signed_by uuid,
  primary key (org, person),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('role_exception');

-- The sharpest separation also in the schema: nobody is administrator and auditor, whatever the code above believes.
create function role_grant_separation() returns trigger language plpgsql as $$
begin
  if exists (
    select from role_grant
    where org = new.org and person = new.person and role = case new.role when 'administrator' then 'auditor' when 'auditor' then 'administrator' end
  ) then
    raise exception 'one person cannot be administrator and auditor' using errcode = 'check_violation', constraint = 'role_grant_separation';
  end if;
  return new;
end $$;
create trigger role_grant_separation before insert on role_grant for each row execute function role_grant_separation();
