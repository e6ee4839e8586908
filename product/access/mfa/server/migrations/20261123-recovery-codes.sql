-- One-time recovery codes: 120 random bits each, so a plain hash is enough (NIST SP 800-63B-4, 3.1.2 and 3.2.12: 112 bits and more).
create table recovery_code (
  org uuid not null,
  person uuid not null,
  code_hash bytea not null check (length(code_hash) = 32),
  made_at timestamptz not null default wl_now(),
  used_at timestamptz,
  primary key (org, person, code_hash),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('recovery_code', 'select, insert, delete');
-- A code is used up and stays so.
grant update (used_at) on recovery_code to wardline_app;

-- What changed about a person's ways to sign in. They and the officers are told, whoever did it.
create table sign_in_notice (
  org uuid not null,
  notice uuid not null,
  person uuid not null,
  what text not null check (what in (
    'passkey-added', 'passkey-removed', 'passkey-copied', 'recovery-codes-made', 'recovery-code-used', 'authenticator-replaced',
    'enrolment-issued', 'enrolment-used', 'device-lost')),
  by uuid,
  at timestamptz not null default wl_now(),
  primary key (org, notice),
  foreign key (org, person) references person (org, person)
);
create index sign_in_notice_at on sign_in_notice (org, at desc);
select wl_tenant_table('sign_in_notice', 'select, insert');
select wl_sweeper_may('sign_in_notice', 'select, delete');

-- Who has read which notice.
create table sign_in_notice_seen (
  org uuid not null,
  notice uuid not null,
  person uuid not null,
  primary key (org, notice, person),
  foreign key (org, notice) references sign_in_notice (org, notice) on delete cascade
);
select wl_tenant_table('sign_in_notice_seen', 'select, insert');
