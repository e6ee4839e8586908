-- The directory's hand: a signer of removals that the organisation's root may name as HR. It is in no conversation, has no vault that anybody
-- can open and no way to sign in; here lies the seed of its one device.
create table directory_hand (
  org uuid not null,
  person uuid not null,
  device uuid not null,
  data_key uuid not null,
  sealed bytea not null,
  made_at timestamptz not null default wl_now(),
  primary key (org),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('directory_hand', 'select, insert');
