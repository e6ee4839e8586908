-- A list that hides administration from elsewhere counts once a second person agreed to it; until then it waits.
alter table admin_networks
  add column waits boolean not null default false,
  add column agreed_by uuid,
  add check (agreed_by is null or agreed_by <> set_by);
grant update (waits, agreed_by, trial_until) on admin_networks to wardline_app;
