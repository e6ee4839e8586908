-- The roles of a whole hospital, and roles that count for a time only.
alter table role_grant drop constraint role_grant_role_check;
alter table role_grant add constraint role_grant_role_check check (role in (
  'administrator', 'privacy-officer', 'security-officer', 'clinician', 'nurse', 'front-desk', 'operator', 'auditor'));

-- Until when, and in which hours of which days of the week, in the organisation's time zone. `to_minute` before `from_minute`: the next morning.
alter table role_grant
  add column until timestamptz,
  add column days int[],
  add column from_minute int check (from_minute between 0 and 1439),
  add column to_minute int check (to_minute between 0 and 1439),
  -- Whether the role counted when the server last looked: open windows hear of a change.
  add column in_force boolean not null default true,
  add check ((days is null) = (from_minute is null) and (days is null) = (to_minute is null)),
  add check (days is null or (cardinality(days) between 1 and 7 and 1 <= all (days) and 7 >= all (days))),
  add check (role <> 'administrator' or (until is null and days is null));
grant update (until, days, from_minute, to_minute, in_force) on role_grant to wardline_app;
create index role_grant_windowed on role_grant (org) where until is not null or days is not null;
select wl_sweeper_may('role_grant', 'select');

-- Nobody is auditor and one of those whose work an auditor reads, whatever the code above believes.
create or replace function role_grant_separation() returns trigger language plpgsql as $$
begin
  if exists (
    select from role_grant
    where org = new.org and person = new.person
      and ((new.role = 'auditor' and role in ('administrator', 'security-officer'))
        or (new.role in ('administrator', 'security-officer') and role = 'auditor'))
  ) then
    raise exception 'one person cannot be auditor and administrator or security officer'
      using errcode = 'check_violation', constraint = 'role_grant_separation';
  end if;
  return new;
end $$;
