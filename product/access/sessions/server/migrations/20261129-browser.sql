-- In which browser a session began, in known words alone: so that people tell their own sessions apart.
alter table session
  add column browser text not null default 'unknown' check (browser in ('chrome', 'edge', 'firefox', 'safari', 'unknown')),
  add column browser_version int not null default 0 check (browser_version between 0 and 999999),
  add column system text not null default 'Unknown' check (system in ('Android', 'ChromeOS', 'iOS', 'Linux', 'macOS', 'Windows', 'Unknown'));
