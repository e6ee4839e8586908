-- Wrong tries in a row against a person's password, whether or not they have one. Two lanes: browsers on which the person signed in before,
-- and all others; who guesses from elsewhere can only fill their own. Both together never pass 100 (NIST SP 800-63B-4, 3.2.2).
create table password_tries (
  org uuid not null,
  person uuid not null,
  strangers int not null default 0 check (strangers >= 0),
  known int not null default 0 check (known >= 0),
  tried_at timestamptz not null default wl_now(),
  -- Since when strangers are turned away.
  stopped_at timestamptz,
  primary key (org, person),
  foreign key (org, person) references person (org, person),
  check (strangers + known <= 100)
);
select wl_tenant_table('password_tries', 'select, insert, update');
insert into password_tries (org, person, strangers) select org, person, failures from password where failures > 0;

alter table password drop column failures;
-- Which password of the person this is, counted from 1: a browser is known for one password only.
alter table password add column generation int not null default 1 check (generation >= 1);

-- Browsers on which somebody signed in before. Only the hash of what the browser holds is stored; it changes with every sign-in. A row that
-- is gone is a browser that is not known any more.
create table known_browser (
  org uuid not null,
  browser uuid not null,
  person uuid not null,
  token_hash bytea not null check (length(token_hash) = 32),
  generation int not null,
  session uuid not null,
  failures int not null default 0 check (failures >= 0),
  used_at timestamptz not null default wl_now(),
  until timestamptz not null,
  primary key (org, browser),
  foreign key (org, person) references person (org, person)
);
create unique index known_browser_token on known_browser (org, token_hash);
create index known_browser_person on known_browser (org, person, used_at desc);
create index known_browser_session on known_browser (org, session);
create index known_browser_until on known_browser (until);
select wl_tenant_table('known_browser');
select wl_sweeper_may('known_browser', 'select, delete');
