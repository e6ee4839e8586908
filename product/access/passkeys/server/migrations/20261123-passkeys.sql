-- Passkeys (WebAuthn level 3). Only public halves: who reads this table can sign in nowhere.
create table passkey (
  org uuid not null,
  passkey uuid not null,
  person uuid not null,
  credential_id bytea not null check (length(credential_id) between 16 and 1023),
  public_key bytea not null,
  counter bigint not null check (counter >= 0),
  transports text[] not null,
  name text not null check (length(name) between 1 and 60),
  -- Backup eligible: may be copied to the person's other devices by its maker. Backed up: is copied now.
  may_sync boolean not null,
  synced boolean not null,
  opens_vault boolean not null default false,
  added_at timestamptz not null default wl_now(),
  used_at timestamptz,
  -- Its counter went back: there is a second one. It signs nobody in any more.
  copied_at timestamptz,
  primary key (org, passkey),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('passkey', 'select, insert, delete');
-- Whose it is and its key never change.
grant update (counter, synced, name, opens_vault, used_at, copied_at) on passkey to wardline_app;
create unique index passkey_credential on passkey (org, credential_id);
create index passkey_person on passkey (org, person);

-- Challenges that were given out: each is good once, briefly, and for what it was asked for. `bound` is the hash of what only the asking
-- browser has: its cookie before there is a session, the session after.
create table passkey_challenge (
  org uuid not null,
  challenge_hash bytea not null check (length(challenge_hash) = 32),
  purpose text not null check (purpose in ('sign-in', 'step-up', 'add')),
  bound bytea not null check (length(bound) = 32),
  until timestamptz not null,
  primary key (org, challenge_hash)
);
select wl_tenant_table('passkey_challenge', 'select, insert, delete');
select wl_sweeper_may('passkey_challenge', 'select, delete');
create index passkey_challenge_until on passkey_challenge (until);
