-- How many tries in a row ended as the last one did, and since when: a refusal has its own tries.
alter table deliveries add column alike integer not null default 0;
alter table deliveries add column alike_since bigint;
