-- What was tried in vain at a workstation: PINs of whomever, and badges of nobody.
create table workstation_brake (
  org uuid not null,
  workstation uuid not null,
  kind text not null check (kind in ('pin', 'badge')),
  tries int not null check (tries >= 0),
  since timestamptz not null,
  primary key (org, workstation, kind),
  foreign key (org, workstation) references workstation (org, workstation)
);
select wl_tenant_table('workstation_brake', 'select, insert, update');
