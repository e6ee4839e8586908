-- Since when device management asks to wait and gives no page.
alter table mdm_connection add column throttled_since timestamptz;
