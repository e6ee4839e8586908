-- What else people are told about how somebody signs in.
alter table sign_in_notice drop constraint sign_in_notice_what_check;
alter table sign_in_notice add constraint sign_in_notice_what_check check (what in (
  'passkey-added', 'passkey-removed', 'passkey-copied', 'recovery-codes-made', 'recovery-code-used', 'authenticator-replaced',
  'enrolment-issued', 'enrolment-used', 'enrolment-stopped', 'enrolment-approved', 'password-guessed', 'device-lost'));
