-- An approval is a statement that the second officer's device has signed, as crypto encodes it.
alter table archive_request add column approval bytea;
-- Not of approvals that were given before: they have run out within 14 days, and what they cover is not opened any more.
alter table archive_request add constraint archive_request_approval check (decision is distinct from 'approved' or approval is not null) not valid;
grant update (approval) on archive_request to wardline_app;
