-- Whether the provider had to ask anew who it is, whoever it remembered: decided when the browser left for it.
alter table sso_attempt add column fresh boolean not null default true;
