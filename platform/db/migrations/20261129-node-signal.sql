-- What a transaction tells every node of the installation: whose windows end, what is believed no longer. Ids and figures alone.
-- Readers follow the transaction's own number and not the time: a row is seen when its transaction has committed, however long that took.
create table node_signal (
  org uuid not null,
  signal uuid not null,
  kind text not null,
  body jsonb not null,
  at timestamptz not null default wl_now(),
  tx xid8 not null default pg_current_xact_id(),
  primary key (org, signal)
);
create index on node_signal (tx);
select wl_tenant_table('node_signal', 'insert');
select wl_sweeper_may('node_signal', 'select, delete');
