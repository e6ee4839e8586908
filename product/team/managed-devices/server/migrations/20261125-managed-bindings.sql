-- One managed device vouches for one enrolled device, until an administrator says otherwise; a rule may also bind who works at a place.
alter table managed_device
  -- The enrolled device for which an administrator said that this one does not vouch.
  add column freed_device uuid;
create index managed_device_name on managed_device (org, name, id) where gone_at is null;
alter table managed_rule add column locations uuid[] not null default '{}';
