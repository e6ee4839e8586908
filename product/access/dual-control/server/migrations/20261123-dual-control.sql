-- Acts that wait for a second person. What is to be done is ids and words, never content.
create table pending_act (
  org uuid not null,
  act uuid not null,
  kind text not null,
  subject uuid not null,
  payload jsonb not null,
  asked_by uuid not null,
  asked_roles text[] not null,
  asked_at timestamptz not null default wl_now(),
  expires_at timestamptz not null,
  state text not null default 'asked' check (state in ('asked', 'approved', 'declined', 'withdrawn', 'expired')),
  decided_by uuid,
  decided_at timestamptz,
  primary key (org, act),
  foreign key (org, asked_by) references person (org, person),
  check ((state = 'asked') = (decided_at is null)),
  -- Whatever the code above believes: the second person is another one, and decides nothing about themselves.
  check (state not in ('approved', 'declined') or (decided_by is not null and decided_by <> asked_by and decided_by <> subject))
);
create unique index pending_act_open on pending_act (org, kind, subject, md5(payload::text)) where state = 'asked';
create index pending_act_due on pending_act (expires_at) where state = 'asked';
select wl_tenant_table('pending_act', 'select, insert');
grant update (state, decided_by, decided_at) on pending_act to wardline_app;
select wl_sweeper_may('pending_act', 'select');
