-- An identity that administrators signed counts a day after the log took it in; it is accepted later than that.
alter table key_statement add column logged_at timestamptz check (logged_at <= at);
alter table key_statement add constraint logged_is_an_identity check (logged_at is null or kind = 'identity');
