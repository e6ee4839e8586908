-- Sessions. Only the token's hash is stored: who reads this table cannot take over a session.
create table session (
  org uuid not null,
  session uuid not null,
  person uuid not null,
  token_hash bytea not null check (length(token_hash) = 32),
  place text not null check (place in ('private', 'counter', 'hallway', 'phone')),
  device uuid,
  started_at timestamptz not null default wl_now(),
  proven_at timestamptz not null default wl_now(),
  active_at timestamptz not null default wl_now(),
  idle_until timestamptz not null,
  ends_at timestamptz not null,
  ended_at timestamptz,
  end_reason text check ((end_reason is null) = (ended_at is null)),
  primary key (org, session),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('session', 'select, insert');
-- A session's token, person and absolute end never change; a row goes when its end is long past (by the sweeper).
grant update (device, proven_at, active_at, idle_until, ended_at, end_reason) on session to wardline_app;
select wl_sweeper_may('session', 'select, delete');
create unique index session_token on session (org, token_hash);
create index session_person on session (org, person) where ended_at is null;
create index session_due on session (least(idle_until, ends_at)) where ended_at is null;
create index session_ended on session (ended_at) where ended_at is not null;
