-- A location that is closed: nobody works there any more, and its name can be given again.
alter table location add column closed_at timestamptz, add check (closed_at is null or not main);
grant update (closed_at) on location to wardline_app;
drop index location_name;
create unique index location_name on location (org, lower(name)) where closed_at is null;
