-- Patients and how to reach them. Names, birth dates and numbers stand sealed; what must be found again has a keyed hash beside it.

-- The key of the keyed hashes: one for each organisation, sealed in the bucket that lives as long as the organisation does.
create table blind_key (
  org uuid primary key,
  data_key uuid not null,
  sealed bytea not null
);
select wl_tenant_table('blind_key', 'select, insert');

-- A patient. `test`: an invented one; that never changes.
create table patient (
  org uuid not null,
  patient uuid not null,
  test boolean not null default false,
  version int not null default 1,
  data_key uuid not null,
  sealed bytea not null,
  created_at timestamptz not null default wl_now(),
  changed_at timestamptz not null default wl_now(),
  primary key (org, patient)
);
select wl_tenant_table('patient', 'select, insert');
grant update (version, data_key, sealed, changed_at) on patient to wardline_app;

-- Keyed hashes of the words of a patient's names and of the birth date: search by equality.
create table patient_index (
  org uuid not null,
  token bytea not null check (length(token) = 16),
  patient uuid not null,
  primary key (org, token, patient),
  foreign key (org, patient) references patient (org, patient)
);
create index patient_index_of on patient_index (org, patient);
select wl_tenant_table('patient_index', 'select, insert, delete');

-- A line: a household's, not a patient's. Rows stay, so that a stop holds for ever. Its row is the lock under which stops and texts have one order.
create table phone_number (
  org uuid not null,
  number uuid not null,
  blind bytea not null check (length(blind) = 16),
  data_key uuid not null,
  sealed bytea not null,
  line_type text not null check (line_type in ('mobile', 'landline', 'voip', 'unknown')),
  frozen_at timestamptz,
  frozen_why text check (frozen_why in ('said-wrong-number', 'carrier-says-unknown', 'staff')),
  added_at timestamptz not null default wl_now(),
  primary key (org, number),
  unique (org, blind),
  check ((frozen_at is null) = (frozen_why is null))
);
select wl_tenant_table('phone_number', 'select, insert');
grant update (line_type, frozen_at, frozen_why) on phone_number to wardline_app;

-- That a patient can be reached at a line, and how sure that is.
create table contact_point (
  org uuid not null,
  patient uuid not null,
  number uuid not null,
  state text not null default 'unverified' check (state in ('unverified', 'verified', 'wrong-person')),
  verified_how text check (verified_how in ('code', 'reply', 'visit')),
  verified_at timestamptz,
  added_at timestamptz not null default wl_now(),
  primary key (org, patient, number),
  foreign key (org, patient) references patient (org, patient),
  foreign key (org, number) references phone_number (org, number),
  check ((state = 'verified') = (verified_how is not null) and (verified_how is null) = (verified_at is null))
);
create index contact_point_of_number on contact_point (org, number);
select wl_tenant_table('contact_point', 'select, insert');
grant update (state, verified_how, verified_at) on contact_point to wardline_app;

-- A code on its way. Only a keyed hash is kept; the newest of a patient and number is open, at most.
create table number_verification (
  org uuid not null,
  verification uuid not null,
  patient uuid not null,
  number uuid not null,
  code_hash bytea not null check (length(code_hash) = 32),
  tries int not null default 0 check (tries between 0 and 5),
  state text not null default 'open' check (state in ('open', 'used', 'dead')),
  started_at timestamptz not null default wl_now(),
  started_by uuid,
  expires_at timestamptz not null,
  primary key (org, verification),
  unique (org, verification, patient, number),
  foreign key (org, patient, number) references contact_point (org, patient, number)
);
create unique index number_verification_open on number_verification (org, patient, number) where state = 'open';
create index number_verification_of_number on number_verification (org, number, started_at);
select wl_tenant_table('number_verification', 'select, insert');
grant update (tries, state) on number_verification to wardline_app;
