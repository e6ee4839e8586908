-- Passwords: argon2id, and sealed besides, so that the database alone cannot be guessed against (NIST SP 800-63B-4, 3.1.1.2: keyed hashing).
create table password (
  org uuid not null,
  person uuid not null,
  data_key uuid not null,
  sealed bytea not null,
  set_at timestamptz not null default wl_now(),
  failures int not null default 0 check (failures between 0 and 100),
  disabled_at timestamptz,
  primary key (org, person),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('password', 'select, insert, update');

-- What the first step earned: good for one code, briefly. Only the hash is stored.
create table sign_in_ticket (
  org uuid not null,
  ticket_hash bytea not null check (length(ticket_hash) = 32),
  person uuid not null,
  name_key bytea not null,
  until timestamptz not null,
  tries int not null default 0,
  primary key (org, ticket_hash),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('sign_in_ticket');
select wl_sweeper_may('sign_in_ticket', 'select, delete');
create index sign_in_ticket_until on sign_in_ticket (until);

-- Waits between wrong attempts, by typed name and by network, whether or not somebody has the name: the answer must not tell. In the
-- installation's own organisation. The name is kept as 24 bits of its hash: enough to tell names apart, too few to find a password that
-- somebody typed into the wrong field.
create table sign_in_backoff (
  org uuid not null,
  name_key bytea not null check (length(name_key) = 3),
  network text not null,
  failures int not null,
  wait_until timestamptz not null,
  last_at timestamptz not null default wl_now(),
  -- Attempts with a name that nobody has, not told to the log yet.
  strangers int not null default 0,
  primary key (org, name_key, network)
);
select wl_tenant_table('sign_in_backoff');
select wl_sweeper_may('sign_in_backoff', 'select, delete');
create index sign_in_backoff_last on sign_in_backoff (last_at);
create index sign_in_backoff_strangers on sign_in_backoff (org, last_at) where strangers > 0;
