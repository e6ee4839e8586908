-- What a notice may be about is the contract's closed list; here it is a word.
alter table sign_in_notice drop constraint sign_in_notice_what_check;
alter table sign_in_notice add constraint sign_in_notice_what_check check (what ~ '^[a-z]+(-[a-z]+)*$' and length(what) <= 40);
