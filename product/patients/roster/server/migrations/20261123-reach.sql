-- Where a patient belongs, and whether their record is restricted: a well-known person's, or a study's.
alter table patient
  add column location uuid,
  add column restricted text check (restricted in ('well-known', 'study')),
  add foreign key (org, location) references location (org, location);
grant update (location, restricted) on patient to wardline_app;
create index patient_of_location on patient (org, location);
create index patient_restricted on patient (org) where restricted is not null;
