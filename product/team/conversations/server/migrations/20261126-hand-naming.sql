-- The statement that names the directory's hand, while it has one administrator's signature.
create table hand_naming (
  org uuid not null,
  statement bytea not null,
  signed_by uuid not null,
  signed_at timestamptz not null default wl_now(),
  primary key (org)
);
select wl_tenant_table('hand_naming', 'select, insert, update');
