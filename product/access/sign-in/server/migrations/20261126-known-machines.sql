-- At a machine that people share, each of them who signed in there is known by the machine's own credential: a row has the hash of that
-- instead of a token of its person's own.
alter table known_browser alter column token_hash drop not null;
alter table known_browser add column machine bytea check (length(machine) = 32);
alter table known_browser add check ((token_hash is null) <> (machine is null));
create unique index known_browser_machine on known_browser (org, machine, person);
