-- A record is also restricted because the patient works here: colleagues do not read colleagues.
alter table patient drop constraint patient_restricted_check;
alter table patient add constraint patient_restricted_check check (restricted in ('well-known', 'study', 'colleague'));
