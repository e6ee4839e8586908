-- A unit is renamed, moves with its location, and is closed once nobody lies there.
alter table unit add column closed_at timestamptz;
grant update (name, location, closed_at) on unit to wardline_app;
drop index unit_name;
create unique index unit_name on unit (org, lower(name)) where closed_at is null;
