-- Emergency openings of one patient's record by one person (45 CFR 164.312(a)(2)(ii)). The explanation may say something about the patient: sealed.
create table break_glass (
  org uuid not null,
  opening uuid not null,
  patient uuid not null,
  person uuid not null,
  roles text[] not null,
  unit text not null,
  reason text not null check (reason in ('emergency', 'unassigned', 'consult', 'duty', 'other')),
  data_key uuid not null,
  sealed bytea not null,
  opened_at timestamptz not null default wl_now(),
  ends_at timestamptz not null,
  closed_at timestamptz,
  ended_at timestamptz,
  due_at timestamptz not null,
  alarmed_at timestamptz,
  reviewed_by uuid,
  reviewed_at timestamptz,
  outcome text check (outcome in ('appropriate', 'needs-follow-up', 'inappropriate')),
  note_data_key uuid,
  note_sealed bytea,
  primary key (org, opening),
  check (ends_at > opened_at),
  check ((reviewed_by is null) = (reviewed_at is null) and (reviewed_at is null) = (outcome is null)),
  -- Nobody reviews what they opened, whatever the code above believes.
  check (reviewed_by <> person)
);
create index break_glass_of on break_glass (org, person, patient, ends_at);
create index break_glass_patient on break_glass (org, patient, opened_at);
create index break_glass_waiting on break_glass (due_at) where reviewed_at is null and alarmed_at is null;
create index break_glass_ending on break_glass (ends_at) where ended_at is null;
select wl_tenant_table('break_glass', 'select, insert');
grant update (closed_at, ended_at, alarmed_at, reviewed_by, reviewed_at, outcome, note_data_key, note_sealed) on break_glass to wardline_app;
select wl_sweeper_may('break_glass', 'select');

-- Who is told of an opening, and from when on: officers at once, the care team next morning.
create table break_glass_notice (
  org uuid not null,
  notice uuid not null default gen_random_uuid(),
  person uuid not null,
  kind text not null check (kind in ('opened', 'digest', 'overdue')),
  opening uuid not null,
  show_at timestamptz not null default wl_now(),
  told_at timestamptz,
  seen_at timestamptz,
  primary key (org, notice),
  unique (org, opening, person, kind),
  foreign key (org, opening) references break_glass (org, opening)
);
create index break_glass_notice_of on break_glass_notice (org, person, show_at) where seen_at is null;
create index break_glass_notice_due on break_glass_notice (show_at) where told_at is null;
select wl_tenant_table('break_glass_notice', 'select, insert');
grant update (told_at, seen_at) on break_glass_notice to wardline_app;
select wl_sweeper_may('break_glass_notice', 'select');

-- What was looked at under an opening, by the fact that says so.
create table break_glass_read (
  org uuid not null,
  fact uuid not null,
  opening uuid not null,
  screen text not null,
  read_at timestamptz not null,
  primary key (org, fact),
  foreign key (org, opening) references break_glass (org, opening)
);
create index break_glass_read_of on break_glass_read (org, opening);
select wl_tenant_table('break_glass_read', 'select, insert');
