-- A device wipes itself because it was lost, or because its person has left.
alter table device_care add column wipe_for text not null default 'lost' check (wipe_for in ('lost', 'left'));
grant update (wipe_for) on device_care to wardline_app;
