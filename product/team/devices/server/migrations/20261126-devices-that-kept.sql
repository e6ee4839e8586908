-- Whether a device has ever kept anything in its browser: only one that kept nothing from its beginning leaves nothing behind when it is lost.
alter table device_care add column has_kept boolean not null default true;
update device_care set has_kept = storage = 'cache' or forget_at is not null;
grant update (has_kept) on device_care to wardline_app;
