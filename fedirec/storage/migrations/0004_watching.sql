-- What waits, and what failed, is counted from indexes alone, however much was settled.
create index deliveries_aside on deliveries (state, activity_id, inbox, host, created_at) where state in ('held', 'gone', 'expired', 'dead');
drop index received_due;
create index received_due on received (next_at, id, state, created_at) where state in ('due', 'waiting', 'leased');
create index received_dead on received (state, id, created_at) where state = 'dead';
