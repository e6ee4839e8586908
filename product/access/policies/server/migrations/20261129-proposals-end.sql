-- What waits for a second person waits three days: a proposal that nobody decided ends, and a release that was asked for has the moment at which it was.
alter table policy_change drop constraint policy_change_state_check;
alter table policy_change add constraint policy_change_state_check check (state in ('open', 'approved', 'refused', 'expired'));
create index policy_change_waits on policy_change (proposed_at) where state = 'open';

-- Null where it was asked for before there was such a moment: then it is asked for anew.
alter table legal_hold add column release_asked_at timestamptz;
grant update (release_asked_at) on legal_hold to wardline_app;
-- A release names whoever asked and when, whatever the code above believes.
alter table legal_hold add constraint legal_hold_release_asked check (release_asked_at is null or release_asked_by is not null);
