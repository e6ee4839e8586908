-- A new identity counts about a day after its first signature, and before its request is void: none waits longer, whoever signed it.
alter table new_identity add check (effective_at <= signed_at + interval '26 hours');
alter table new_identity add check (effective_at <= until);
