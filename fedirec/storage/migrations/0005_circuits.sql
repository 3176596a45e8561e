-- Claims look at what is new apart from what is tried again (lane 0 and 1), so that neither waits for the other.
drop table delivery_hosts;
create table delivery_hosts (
  lane integer not null,
  next_at bigint not null,
  host text not null,
  primary key (lane, next_at, host)
);
insert into delivery_hosts (lane, next_at, host)
select distinct case when state = 'due' then 0 else 1 end, next_at, host from deliveries where state in ('due', 'waiting');

drop index deliveries_due;
create index deliveries_due on deliveries (state, host, next_at, activity_id, created_at) where state in ('due', 'waiting', 'leased');
drop index deliveries_leased;
create index deliveries_leased on deliveries (next_at, host) where state = 'leased';
create index received_leased on received (next_at) where state = 'leased';

-- How often in a row a worker ended in the middle of it: what does so again and again runs alone, last.
alter table deliveries add column losses integer not null default 0;
create index deliveries_suspect on deliveries (next_at) where losses >= 3 and state in ('due', 'waiting');
alter table received add column losses integer not null default 0;
create index received_suspect on received (next_at) where losses >= 3 and state in ('due', 'waiting');

-- How a host stands: `recent_failures` are its last five, as a list of instants.
alter table peers drop column failing_since;
alter table peers add column recent_failures text not null default '[]';
alter table peers add column half_open_at bigint;
alter table peers add column pace integer not null default 2;
alter table peers add column refusing_since bigint;
alter table peers add column refused_at bigint;
create index peers_down on peers (host, opened_at) where circuit = 'open';

-- Who is asked after when an inbox does not take anything.
create index actors_by_inbox on actors (inbox);
create index actors_by_shared_inbox on actors (shared_inbox) where shared_inbox is not null;

-- Nothing about the object can go before it: a claim need not look, whatever else waits.
alter table deliveries add column is_first boolean not null default false;
alter table fan_outs add column is_first boolean not null default false;

-- The cursor is the last follower; a page that is written again is there once.
alter table fan_outs add column is_protective boolean not null default false;
alter table fan_outs add column takes_back boolean not null default false;
update fan_outs set cursor = '';
