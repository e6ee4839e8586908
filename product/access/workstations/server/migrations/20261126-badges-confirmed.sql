-- A badge that an administrator registered for a colleague counts once its person has held it to a reader themselves.
alter table badge add column confirmed_at timestamptz;
update badge set confirmed_at = registered_at where registered_by = person;
grant update (confirmed_at) on badge to wardline_app;
