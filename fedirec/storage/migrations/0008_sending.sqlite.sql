-- Nobody reads until when a row is leased but by `next_at`, and a host's settled deliveries are seldom asked for. The table
-- is its own key's index, and what is said first of an object stands in no index of what follows what: a note to thousands
-- is written into two trees, not five.
create table deliveries_new (
  activity_id text not null references activities (id),
  inbox text not null,
  host text not null,
  actor_id text not null,
  order_key text not null,
  state text not null check (state in ('due', 'leased', 'waiting', 'held', 'delivered', 'gone', 'expired', 'cancelled', 'dead')),
  attempt integer not null,
  next_at bigint not null,
  lease_token text,
  last_class text,
  last_status integer,
  last_detail text,
  created_at bigint not null,
  expires_at bigint not null,
  settled_at bigint,
  losses integer not null default 0,
  is_first boolean not null default false,
  alike integer not null default 0,
  alike_since bigint,
  primary key (activity_id, inbox)
) without rowid;
insert into deliveries_new (activity_id, inbox, host, actor_id, order_key, state, attempt, next_at, lease_token, last_class,
  last_status, last_detail, created_at, expires_at, settled_at, losses, is_first, alike, alike_since)
select activity_id, inbox, host, actor_id, order_key, state, attempt, next_at, lease_token, last_class,
  last_status, last_detail, created_at, expires_at, settled_at, losses, is_first, alike, alike_since from deliveries;
drop table deliveries;
alter table deliveries_new rename to deliveries;
create index deliveries_due on deliveries (state, host, next_at, activity_id, created_at) where state in ('due', 'waiting', 'leased');
create index deliveries_in_order on deliveries (inbox, order_key, activity_id) where not is_first;
create index deliveries_leased on deliveries (next_at, host) where state = 'leased';
create index deliveries_suspect on deliveries (next_at) where losses >= 3 and state in ('due', 'waiting');
create index deliveries_aside on deliveries (state, activity_id, inbox, host, created_at) where state in ('held', 'gone', 'expired', 'dead');
