-- A stricter policy draws the ends of open sessions nearer. Further away no absolute end ever moves (NIST SP 800-63B-4, 2.2.3).
grant update (ends_at) on session to wardline_app;
create function wl_session_end_kept() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'the absolute end of a session never moves away' using errcode = 'check_violation';
end $$;
create trigger session_end_kept before update of ends_at on session
  for each row when (new.ends_at > old.ends_at) execute function wl_session_end_kept();
