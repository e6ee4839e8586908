-- Consent as signed receipts, only ever added. What counts now is read from them, in the database too: texting's constraint asks here.

-- The organisation's key that signs receipts. A new version replaces it for new receipts; old public keys stay.
create table consent_key (
  org uuid not null,
  version int not null check (version >= 1),
  public_key bytea not null check (length(public_key) = 32),
  data_key uuid not null,
  sealed bytea not null,
  made_at timestamptz not null default wl_now(),
  primary key (org, version)
);
select wl_tenant_table('consent_key', 'select, insert');

-- A receipt. `sealed` is the signed text; the columns repeat what decisions need, and are compared with the signed text before a text rests on it.
create table consent_receipt (
  org uuid not null,
  receipt uuid not null,
  position bigint generated always as identity,
  kind text not null check (kind in ('grant', 'revoke', 'opt-out', 'resume')),
  patient uuid,
  number uuid not null,
  scopes text[] not null default '{}' check (scopes <@ array['care-logistics', 'clinical', 'marketing']),
  channels text[] not null default '{}' check (channels <@ array['sms']),
  basis text check (basis in ('spoken', 'written', 'intake', 'import')),
  source text check (source in ('text', 'carrier', 'staff', 'import')),
  revokes uuid,
  recorded_at timestamptz not null,
  recorded_by uuid,
  expires_at timestamptz,
  key_version int not null,
  signature bytea not null check (length(signature) = 64),
  hash bytea not null check (length(hash) = 32),
  data_key uuid not null,
  sealed bytea not null,
  primary key (org, receipt),
  unique (org, receipt, patient, number),
  unique (org, receipt, number),
  foreign key (org, number) references phone_number (org, number),
  foreign key (org, patient, number) references contact_point (org, patient, number),
  foreign key (org, revokes, patient, number) references consent_receipt (org, receipt, patient, number),
  foreign key (org, key_version) references consent_key (org, version),
  check (case kind
    when 'grant' then patient is not null and cardinality(scopes) > 0 and cardinality(channels) > 0 and basis is not null and revokes is null and source is null
    when 'revoke' then patient is not null and revokes is not null and source is null
    else source is not null and basis is null and revokes is null and cardinality(scopes) = 0 end)
);
create unique index consent_receipt_revoked_once on consent_receipt (org, revokes) where kind = 'revoke';
create index consent_receipt_of_number on consent_receipt (org, number, position);
create index consent_receipt_of_patient on consent_receipt (org, patient, position) where patient is not null;
select wl_tenant_table('consent_receipt', 'select, insert');

-- Everything that ends or lifts a consent waits for texts being claimed to this number, and they for it: one order, no text after a stop.
create function consent_receipt_order() returns trigger language plpgsql as $$
begin
  perform 1 from phone_number where org = new.org and number = new.number for no key update;
  return new;
end $$;
create trigger consent_receipt_order before insert on consent_receipt for each row execute function consent_receipt_order();

-- Whether texts to a number are stopped: its newest stop or resumption decides.
create function number_stopped(p_org uuid, p_number uuid) returns boolean language sql volatile as $$
  select coalesce((
    select kind = 'opt-out' from consent_receipt
    where org = p_org and number = p_number and kind in ('opt-out', 'resume') order by position desc limit 1), false)
$$;

-- Whether one consent of a patient for a number covers this purpose and way, now.
create function consent_live(p_org uuid, p_receipt uuid, p_patient uuid, p_number uuid, p_scope text, p_channel text) returns boolean language sql volatile as $$
  select exists (
    select from consent_receipt r
    where r.org = p_org and r.receipt = p_receipt and r.kind = 'grant' and r.patient = p_patient and r.number = p_number
      and p_scope = any (r.scopes) and p_channel = any (r.channels)
      and (r.expires_at is null or wl_now() < r.expires_at)
      and not exists (select from consent_receipt e where e.org = p_org and e.kind = 'revoke' and e.revokes = r.receipt)
  ) and not number_stopped(p_org, p_number)
$$;
