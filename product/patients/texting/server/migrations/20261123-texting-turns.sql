-- Every organisation has its turn: what is due is found organisation by organisation.
drop index outbound_text_due;
create index outbound_text_due on outbound_text (org, due_at, text) where state in ('held', 'queued');
drop index outbound_text_look_up;
create index outbound_text_look_up on outbound_text (org, look_up_at) where state = 'unknown' and look_up_at is not null;
