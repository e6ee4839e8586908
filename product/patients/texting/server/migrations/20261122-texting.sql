-- Threads with patients, texts out and in. No row for an outbound text can exist, and none can be handed to the carrier, without a live consent.

-- The number that a practice texts from; the id stands in the carrier's webhook addresses.
create table sms_channel (
  org uuid not null,
  channel uuid not null,
  carrier text not null,
  number text not null,
  practice_name text not null check (length(practice_name) between 1 and 40),
  phone text not null,
  active boolean not null default true,
  created_at timestamptz not null default wl_now(),
  primary key (org, channel)
);
create unique index sms_channel_by_id on sms_channel (channel);
create unique index sms_channel_active on sms_channel (org) where active;
-- Over all organisations, because they share the installation's account with the carrier: nobody writes in another's name.
create unique index sms_channel_number on sms_channel (carrier, number) where active;
select wl_tenant_table('sms_channel', 'select, insert');
grant update (practice_name, phone, active) on sms_channel to wardline_app;
select wl_sweeper_may('sms_channel', 'select');

-- A thread: a patient at a number. Patient null: several patients share the number, or none has it yet.
create table patient_thread (
  org uuid not null,
  thread uuid not null,
  number uuid not null,
  patient uuid,
  created_at timestamptz not null default wl_now(),
  changed_at timestamptz not null default wl_now(),
  waiting_since timestamptz,
  last_inbound_at timestamptz,
  -- When a text here last said who writes and how to stop.
  named_at timestamptz,
  primary key (org, thread),
  unique nulls not distinct (org, number, patient),
  foreign key (org, number) references phone_number (org, number),
  foreign key (org, patient) references patient (org, patient)
);
create index patient_thread_waiting on patient_thread (org, waiting_since) where waiting_since is not null;
create index patient_thread_changed on patient_thread (org, changed_at desc);
select wl_tenant_table('patient_thread', 'select, insert');
grant update (changed_at, waiting_since, last_inbound_at, named_at) on patient_thread to wardline_app;

-- A number whose last words may have meant stop: automation waits until a person has looked.
create table number_pause (
  org uuid not null,
  number uuid not null,
  since timestamptz not null,
  primary key (org, number),
  foreign key (org, number) references phone_number (org, number)
);
select wl_tenant_table('number_pause', 'select, insert, delete');

create table inbound_text (
  org uuid not null,
  text uuid not null,
  channel uuid not null,
  thread uuid not null,
  number uuid not null,
  provider_id text not null,
  at timestamptz not null,
  meaning text not null check (meaning in ('stop', 'maybe-stop', 'resume', 'help', 'wrong-number', 'ordinary')),
  media int not null,
  data_key uuid not null,
  sealed bytea not null,
  primary key (org, text),
  foreign key (org, channel) references sms_channel (org, channel),
  foreign key (org, thread) references patient_thread (org, thread)
);
-- A replayed webhook brings the same id again and changes nothing.
create unique index inbound_text_once on inbound_text (org, provider_id);
create index inbound_text_of_thread on inbound_text (org, thread, at);
select wl_tenant_table('inbound_text', 'select, insert');

-- The outbox and the history of what went out. What is said, to whom and on what basis never changes; only how it fares does.
create table outbound_text (
  org uuid not null,
  text uuid not null,
  channel uuid not null,
  thread uuid not null,
  number uuid not null,
  patient uuid,
  purpose text not null check (purpose in ('code', 'stop-confirmation', 'answer', 'booking', 'reminder', 'change', 'care', 'recall', 'survey', 'clinical', 'marketing')),
  template boolean not null,
  -- On what it rests: a consent, the code that it carries, the stop that it confirms. These two exceptions and no other.
  receipt uuid,
  verification uuid,
  stop uuid,
  visit uuid,
  -- What it stands for beyond its id, e.g. the reminder of one visit: sent once.
  dedupe bytea,
  created_at timestamptz not null,
  created_by uuid,
  data_key uuid not null,
  sealed bytea not null,
  state text not null check (state in ('held', 'queued', 'sending', 'accepted', 'refused', 'unknown', 'not-taken', 'withdrawn')),
  codes text[] not null default '{}',
  due_at timestamptz not null,
  use_by timestamptz,
  -- When the visit is that the text is about: its hours depend on it.
  visit_at timestamptz,
  attempt int not null default 0,
  sent_at timestamptz,
  look_up_at timestamptz,
  look_ups int not null default 0,
  absences int not null default 0,
  provider_id text,
  delivery text check (delivery in ('queued', 'sent', 'failed', 'undelivered', 'delivered')),
  problem text,
  primary key (org, text),
  foreign key (org, channel) references sms_channel (org, channel),
  foreign key (org, thread) references patient_thread (org, thread),
  foreign key (org, receipt, patient, number) references consent_receipt (org, receipt, patient, number),
  foreign key (org, verification, patient, number) references number_verification (org, verification, patient, number),
  foreign key (org, stop, number) references consent_receipt (org, receipt, number),
  -- One basis, and the one that the purpose has. Codes and consents name the patient, or their foreign keys would not be checked.
  constraint outbound_text_basis check (case purpose
    when 'code' then verification is not null and patient is not null and receipt is null and stop is null
    when 'stop-confirmation' then stop is not null and receipt is null and verification is null
    else receipt is not null and patient is not null and verification is null and stop is null end)
);
-- At most one confirmation of a stop, one text for a code, one text for what stands for the same thing.
create unique index outbound_text_one_confirmation on outbound_text (org, stop) where stop is not null;
create unique index outbound_text_one_code on outbound_text (org, verification) where verification is not null;
create unique index outbound_text_dedupe on outbound_text (org, dedupe) where dedupe is not null and state not in ('withdrawn', 'refused', 'not-taken');
create unique index outbound_text_provider on outbound_text (org, provider_id) where provider_id is not null;
create index outbound_text_of_thread on outbound_text (org, thread, created_at);
create index outbound_text_of_number on outbound_text (org, number, created_at);
create index outbound_text_of_visit on outbound_text (org, visit) where visit is not null;
create index outbound_text_due on outbound_text (due_at) where state in ('held', 'queued');
create index outbound_text_claimed on outbound_text (sent_at) where state = 'sending';
create index outbound_text_look_up on outbound_text (look_up_at) where state = 'unknown' and look_up_at is not null;
select wl_tenant_table('outbound_text', 'select, insert');
grant update (state, codes, due_at, attempt, sent_at, look_up_at, look_ups, absences, provider_id, delivery, problem) on outbound_text to wardline_app;
select wl_sweeper_may('outbound_text', 'select');

-- The scope of consent that a purpose needs.
create function text_scope(p_purpose text) returns text language sql immutable as $$
  select case when p_purpose in ('code', 'stop-confirmation') then null when p_purpose in ('clinical', 'marketing') then p_purpose else 'care-logistics' end
$$;

-- Judged when a text is stored and again when it is handed over, under the lock that every stop takes: what rests on nothing live is refused here,
-- whatever the code above believes.
create function outbound_text_live() returns trigger language plpgsql as $$
declare live boolean;
begin
  if tg_op = 'INSERT' and new.state not in ('held', 'queued') then
    raise exception 'a text begins in the outbox' using errcode = 'check_violation', constraint = 'outbound_text_begins';
  end if;
  if tg_op = 'UPDATE' then
    if new.state = 'sending' and old.state not in ('held', 'queued') then
      raise exception 'a text is handed over once' using errcode = 'check_violation', constraint = 'outbound_text_once';
    end if;
    if new.state <> 'sending' and not (new.state in ('held', 'queued') and old.state not in ('held', 'queued', 'sending')) then
      return new;
    end if;
    if new.state <> 'sending' then
      raise exception 'a text that was handed over does not go back' using errcode = 'check_violation', constraint = 'outbound_text_once';
    end if;
  end if;
  perform 1 from phone_number where org = new.org and number = new.number for share;
  if new.purpose = 'stop-confirmation' then
    live := exists (select from consent_receipt where org = new.org and receipt = new.stop and number = new.number and kind = 'opt-out' and source = 'text');
  elsif new.purpose = 'code' then
    live := not number_stopped(new.org, new.number) and exists (
      select from number_verification
      where org = new.org and verification = new.verification and number = new.number and patient = new.patient and state = 'open' and wl_now() < expires_at);
  else
    live := consent_live(new.org, new.receipt, new.patient, new.number, text_scope(new.purpose), 'sms');
  end if;
  if not live then
    raise exception 'a text needs a live consent' using errcode = 'check_violation', constraint = 'outbound_text_live';
  end if;
  return new;
end $$;
create trigger outbound_text_live before insert or update of state on outbound_text for each row execute function outbound_text_live();
