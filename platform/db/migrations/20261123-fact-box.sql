-- A transaction of many facts seals their payloads together, in the row of the first of them; null: the payload stands alone, in its own row.
-- Which box, and the place in it from 0, are part of what is verified: a wrong one gives a payload that the commitment refuses.
alter table fact add column box uuid, add column place int, add check ((box is null) = (place is null) and place >= 0);
