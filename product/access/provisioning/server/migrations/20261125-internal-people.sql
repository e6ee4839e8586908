-- A signer that the server made for itself (the directory's hand): nobody may let it in, and no directory sees it.
alter table person add column internal boolean not null default false, add check (not (internal and active));
update person set internal = true where sign_in_name like 'directory-hand.%' and not active;
