-- Which of the organisation's own providers proved the person of a session, where one did.
alter table session add column provider uuid;
grant update (provider) on session to wardline_app;
