-- The tree over log_entry (RFC 9162) and its signed checkpoints (C2SP tlog-checkpoint).

-- How far an organisation's log has been numbered: one row, locked by the sequencer while it numbers.
create table log_head (
  org uuid primary key,
  size bigint not null default 0 check (size >= 0),
  -- Hashes of the perfect subtrees that make up the log, largest first.
  frontier bytea[] not null default '{}',
  -- When the newest checkpoint was signed; null before the first.
  signed_at timestamptz
);
select wl_tenant_table('log_head', 'select');
select wl_sweeper_may('log_head', 'select, insert, update');

-- Perfect subtrees of level 1 and above; a row never changes.
create table log_node (
  org uuid not null,
  -- The size of log that completes the subtree: (index + 1) * 2^level. In this order nodes come, are verified and stay on warm pages.
  completed bigint not null check (completed > 0),
  level smallint not null check (level > 0),
  hash bytea not null check (length(hash) = 32),
  primary key (org, completed, level)
);
select wl_tenant_table('log_node', 'select');
select wl_sweeper_may('log_node', 'select, insert');

-- Signed tree heads: at most 60 s apart while there are new entries. Nothing stands here that a signature does not cover.
create table log_checkpoint (
  org uuid not null,
  size bigint not null check (size > 0),
  note text not null,
  primary key (org, size)
);
select wl_tenant_table('log_checkpoint', 'select');
select wl_sweeper_may('log_checkpoint', 'select, insert');

-- The Ed25519 key that signs an organisation's checkpoints; its private half is sealed under the organisation's credentials key.
create table log_key (
  org uuid not null,
  key uuid not null,
  vkey text not null,
  data_key uuid not null,
  sealed bytea not null,
  made_at timestamptz not null default wl_now(),
  primary key (org, key)
);
select wl_tenant_table('log_key', 'select');
select wl_sweeper_may('log_key', 'select, insert');
