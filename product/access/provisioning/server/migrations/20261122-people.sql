-- People of an organisation. Rows are never deleted, so an id and a sign-in name mean one person for ever (45 CFR 164.312(a)(2)(i)).
create table person (
  org uuid not null references org (org),
  person uuid not null,
  sign_in_name text not null check (sign_in_name ~ '^[a-z0-9][a-z0-9._@+-]{1,63}$'),
  name text not null check (length(name) between 1 and 120),
  title text not null check (length(title) <= 120),
  active boolean not null default true,
  created_at timestamptz not null default wl_now(),
  deactivated_at timestamptz check (active = (deactivated_at is null)),
  primary key (org, person)
);
select wl_tenant_table('person', 'select, insert');
grant update (name, title, active, deactivated_at) on person to wardline_app;
create unique index person_sign_in_name on person (sign_in_name);
create unique index person_id on person (person);

-- Signing in begins with a name only, before the organisation is known. This one function looks across organisations, and tells
-- nothing but where to look. The policy lets the owner's function read under forced row-level security when the owner is no superuser.
create function wl_find_sign_in(wanted text) returns table (org uuid, person uuid)
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
  as 'select p.org, p.person from public.person p where p.sign_in_name = wanted';
do $$ begin execute format('create policy find_sign_in on person for select to %I using (true)', current_user); end $$;
revoke all on function wl_find_sign_in(text) from public;
grant execute on function wl_find_sign_in(text) to wardline_app;

-- One-time codes with which a person sets up their sign-in. Only the hash is stored.
create table enrolment (
  org uuid not null,
  enrolment uuid not null,
  person uuid not null,
  secret_hash bytea not null check (length(secret_hash) = 32),
  issued_at timestamptz not null default wl_now(),
  until timestamptz not null,
  used_at timestamptz,
  cancelled_at timestamptz,
  primary key (org, enrolment),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('enrolment', 'select, insert');
grant update (used_at, cancelled_at) on enrolment to wardline_app;
create unique index enrolment_open on enrolment (org, person) where used_at is null and cancelled_at is null;
