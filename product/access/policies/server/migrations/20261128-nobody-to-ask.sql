-- What keeps to the floor counts at once where there is nobody to ask; an exception is signed by a second person, whatever the code above believes.
alter table policy_change add check (state <> 'approved' or exception_until is null or decided_by is not null);
