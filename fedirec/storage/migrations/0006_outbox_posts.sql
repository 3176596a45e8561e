-- What a member's application posted with an idempotency key, and the activity that came of it.
create table outbox_posts (
  actor_id text not null references actors (id),
  key text not null,
  digest text not null,
  request_id text not null,
  activity_id text not null,
  created_at bigint not null,
  primary key (actor_id, key)
);
create index outbox_posts_by_age on outbox_posts (created_at);
