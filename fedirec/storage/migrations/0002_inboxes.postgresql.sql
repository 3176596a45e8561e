-- What each of our actors received, newest last: read by (owner, id) alone.
create table inbox_items (
  owner_id text not null,
  id text not null,
  activity_id text,
  source text not null check (source in ('received', 'activities')),
  source_id text not null,
  object_id text,
  created_at bigint not null,
  primary key (owner_id, id),
  unique (owner_id, source_id)
);
create index inbox_items_by_source on inbox_items (source_id);

create table notifications (
  owner_id text not null,
  id text not null,
  kind text not null,
  actor_id text not null,
  object_id text,
  created_at bigint not null,
  read_at bigint,
  primary key (owner_id, id)
);

create table received_recipients (
  received_id text not null references received (id) on delete cascade,
  actor_id text not null,
  primary key (received_id, actor_id)
);

-- Known by the instant it was made first, so that new ones stand together and old ones go together.
create table seen_signatures (
  digest text primary key
);
