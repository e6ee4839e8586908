-- Bearer tokens of the directory. Only the hash is stored.
create table scim_token (
  org uuid not null,
  token uuid not null,
  source uuid not null,
  token_hash bytea not null check (length(token_hash) = 32),
  label text not null,
  made_by uuid,
  made_at timestamptz not null default wl_now(),
  until timestamptz not null,
  last_used_at timestamptz,
  ended_at timestamptz,
  primary key (org, token),
  foreign key (org, source) references directory_source (org, source)
);
select wl_tenant_table('scim_token', 'select, insert');
grant update (last_used_at, ended_at) on scim_token to wardline_app;
create unique index scim_token_hash on scim_token (org, token_hash);
