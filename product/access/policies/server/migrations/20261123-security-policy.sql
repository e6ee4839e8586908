-- Changes of the figures of the security policy: proposed by one person, decided by another; the reason stands sealed. Rows are the history: none is ever removed.
create table policy_change (
  org uuid not null,
  change uuid not null,
  setting text not null check (setting ~ '^[a-z.-]{3,60}$'),
  before_value int not null,
  value int not null,
  data_key uuid not null,
  sealed bytea not null,
  exception_until timestamptz,
  takes_back uuid,
  proposed_by uuid,
  proposed_at timestamptz not null default wl_now(),
  state text not null default 'open' check (state in ('open', 'approved', 'refused')),
  decided_by uuid,
  decided_at timestamptz,
  version int check (version >= 1),
  exception_ended_at timestamptz,
  primary key (org, change),
  unique (org, version),
  check ((state = 'open') = (decided_at is null)),
  check ((state = 'approved') = (version is not null)),
  -- Two people, whatever the code above believes.
  check (state <> 'approved' or decided_by is distinct from proposed_by)
);
create unique index policy_change_open on policy_change (org, setting) where state = 'open';
create index policy_change_of on policy_change (org, setting, version desc) where state = 'approved';
create index policy_change_exception on policy_change (exception_until)
  where state = 'approved' and exception_until is not null and exception_ended_at is null;
select wl_tenant_table('policy_change', 'select, insert');
grant update (state, decided_by, decided_at, version, exception_ended_at) on policy_change to wardline_app;
select wl_sweeper_may('policy_change', 'select');

-- Legal holds: what they cover may not be erased. Set by one person, released by two. The matter is a file number or a name of the case, sealed.
create table legal_hold (
  org uuid not null,
  hold uuid not null,
  covers text not null check (covers in ('organisation', 'patient', 'person', 'conversation')),
  subject uuid not null,
  data_key uuid not null,
  sealed bytea not null,
  set_by uuid,
  set_at timestamptz not null default wl_now(),
  release_asked_by uuid,
  released_by uuid,
  released_at timestamptz,
  primary key (org, hold),
  check ((released_by is null) = (released_at is null)),
  check (released_at is null or (release_asked_by is not null and release_asked_by <> released_by))
);
create index legal_hold_open on legal_hold (org, covers, subject) where released_at is null;
select wl_tenant_table('legal_hold', 'select, insert');
grant update (release_asked_by, released_by, released_at) on legal_hold to wardline_app;
