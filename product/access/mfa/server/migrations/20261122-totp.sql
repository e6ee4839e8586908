-- Authenticators that show time-based codes: at most one that counts and one that waits to be confirmed. The key is sealed outside the database.
create table totp (
  org uuid not null,
  person uuid not null,
  state text not null check (state in ('pending', 'active')),
  data_key uuid not null,
  sealed bytea not null,
  begun_at timestamptz not null default wl_now(),
  last_step bigint not null default -1,
  failures int not null default 0 check (failures between 0 and 100),
  disabled_at timestamptz,
  primary key (org, person, state),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('totp');
