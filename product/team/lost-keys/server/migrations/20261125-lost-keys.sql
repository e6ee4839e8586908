-- People who lost everything that opens their messages, and the identities that they made anew.
create table new_identity (
  org uuid not null,
  request uuid not null,
  person uuid not null,
  identity_key bytea not null check (length(identity_key) = 32),
  asked_at timestamptz not null default wl_now(),
  until timestamptz not null,
  -- The statement with the signatures that it has; the log took it in with the first.
  statement bytea,
  effective_at timestamptz,
  signed_by uuid check (signed_by <> person),
  signed_at timestamptz,
  confirmed_by uuid check (confirmed_by <> person and confirmed_by <> signed_by),
  confirmed_at timestamptz,
  closed_for text check (closed_for in ('stopped', 'used', 'asked-again')),
  closed_by uuid,
  closed_at timestamptz,
  primary key (org, request),
  check ((signed_by is null) = (signed_at is null) and (signed_by is null) = (statement is null) and (signed_by is null) = (effective_at is null)),
  check (confirmed_by is null or signed_by is not null),
  check (closed_for <> 'used' or confirmed_by is not null),
  check (effective_at >= signed_at + interval '24 hours')
);
-- One request of a person is open at a time.
create unique index new_identity_open on new_identity (org, person) where closed_at is null;
select wl_tenant_table('new_identity', 'select, insert');
grant update (statement, effective_at, signed_by, signed_at, confirmed_by, confirmed_at, closed_for, closed_by, closed_at) on new_identity to wardline_app;
