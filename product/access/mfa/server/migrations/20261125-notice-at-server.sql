-- A code that was made at the server's machine is told to everybody of the organisation.
alter table sign_in_notice drop constraint sign_in_notice_what_check;
alter table sign_in_notice add constraint sign_in_notice_what_check check (what in (
  'passkey-added', 'passkey-removed', 'passkey-copied', 'recovery-codes-made', 'recovery-code-used', 'authenticator-replaced',
  'enrolment-issued', 'enrolment-used', 'enrolment-stopped', 'enrolment-approved', 'enrolment-at-server', 'password-guessed', 'device-lost'));
