-- 256 random bits of the installation, sealed: with them is drawn as whose organisation's a name waits that nobody has. Whoever could compute
-- that would see which names wait otherwise, and so who works here. In the installation's own organisation; written once.
create table sign_in_secret (
  org uuid primary key references org (org),
  data_key uuid not null,
  sealed bytea not null
);
select wl_tenant_table('sign_in_secret', 'select, insert');
