-- A new code for somebody who has signed in before counts only after a delay, or once a second person has agreed: whoever did not ask for it
-- is told and can stop it.
alter table enrolment add column issued_by uuid;
alter table enrolment add column effective_at timestamptz not null default wl_now();
alter table enrolment add column approved_by uuid;
alter table enrolment add column cancelled_by uuid;
-- Whatever the code above believes: nobody agrees to what they issued, or to what is about themselves.
alter table enrolment add constraint enrolment_second
  check (approved_by is null or (issued_by is not null and approved_by <> issued_by and approved_by <> person));
grant update (effective_at, approved_by, cancelled_by) on enrolment to wardline_app;
create function wl_enrolment_brakes() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'a code counts earlier only by a second person' using errcode = 'check_violation', constraint = 'enrolment_brakes';
end $$;
create trigger enrolment_brakes before update of effective_at on enrolment
  for each row when (new.effective_at < old.effective_at and new.approved_by is null) execute function wl_enrolment_brakes();
