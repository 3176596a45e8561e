-- Nobody reads until when a row is leased but by `next_at`, and a host's settled deliveries are seldom asked for. What is said
-- first of an object stands in no index of what follows what.
alter table deliveries drop column lease_until;
drop index deliveries_by_host;
drop index deliveries_in_order;
create index deliveries_in_order on deliveries (inbox, order_key, activity_id) where not is_first;
