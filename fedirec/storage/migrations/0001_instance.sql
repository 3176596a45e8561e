-- The instance: who is here, what they say, what waits to be sent or handled.
-- Instants are microseconds since the epoch, UTC. Lists that are only ever read whole are JSON text.

create table instance (
  name text primary key,
  value text not null
);

create table actors (
  id text primary key,
  kind text not null check (kind in ('Person', 'Group', 'Application', 'Service', 'Organization')),
  is_local boolean not null,
  host text not null,
  name text not null,
  handle_domain text not null,
  display_name text not null,
  summary text not null,
  url text not null,
  inbox text not null,
  outbox text,
  followers text,
  following text,
  featured text,
  shared_inbox text,
  is_locked boolean not null,
  is_discoverable boolean not null,
  fields text not null,
  icon text,
  also_known_as text not null,
  moved_to text,
  can_endorse text,
  published_at bigint,
  fetched_at bigint,
  gone_at bigint
);
create index actors_by_handle on actors (handle_domain, name);
create index actors_by_host on actors (host);
-- A name is given once here, even when who bore it is gone.
create unique index actors_local_names on actors (name) where is_local;
create index actors_by_followers on actors (followers);

create table members (
  name text primary key,
  actor_id text not null unique references actors (id),
  is_admin boolean not null,
  shows_network boolean not null,
  language text not null,
  created_at bigint not null,
  disabled_at bigint
);

create table tokens (
  digest text primary key,
  member_name text not null references members (name),
  scopes text not null,
  created_at bigint not null,
  expires_at bigint,
  revoked_at bigint
);

-- Our own keys. The only table that holds a private one.
create table keys (
  id text primary key,
  actor_id text not null references actors (id),
  kind text not null check (kind in ('rsa', 'ed25519')),
  public_key text not null,
  private_key text not null,
  created_at bigint not null,
  retired_at bigint
);
create index keys_by_actor on keys (actor_id);

create table remote_keys (
  id text primary key,
  actor_id text not null references actors (id) on delete cascade,
  kind text not null check (kind in ('rsa', 'ed25519')),
  public_key text not null,
  expires_at bigint,
  fetched_at bigint not null
);
create index remote_keys_by_actor on remote_keys (actor_id);

create table peers (
  host text primary key,
  first_seen_at bigint not null,
  last_seen_at bigint not null,
  scheme text check (scheme in ('cavage', 'rfc9421')),
  scheme_at bigint,
  failures integer not null,
  failing_since bigint,
  circuit text not null check (circuit in ('closed', 'open', 'half_open')),
  opened_at bigint,
  next_probe_at bigint,
  probe_interval bigint,
  last_success_at bigint,
  last_failure_at bigint,
  last_status integer,
  last_detail text
);

create table blocks (
  owner text not null,
  target text not null,
  kind text not null check (kind in ('host', 'actor')),
  reason text,
  created_at bigint not null,
  primary key (owner, target)
);

create table allowed_hosts (
  host text primary key,
  created_at bigint not null
);

create table follows (
  follower_id text not null references actors (id),
  followed_id text not null references actors (id),
  activity_id text not null,
  state text not null check (state in ('requested', 'accepted')),
  requested_at bigint not null,
  accepted_at bigint,
  primary key (follower_id, followed_id)
);
create index follows_by_followed on follows (followed_id, state, follower_id);
create index follows_by_activity on follows (activity_id);

create table activities (
  id text primary key,
  actor_id text not null references actors (id),
  type text not null,
  object_id text,
  body text not null,
  is_public boolean not null,
  readers text not null,
  published_at bigint not null
);
create index activities_in_outbox on activities (actor_id, id);
create index activities_in_public_outbox on activities (actor_id, id) where is_public;
create index activities_by_object on activities (object_id);

create table notes (
  id text primary key,
  actor_id text not null references actors (id),
  kind text not null check (kind in ('note', 'endorsement', 'job_note')),
  is_local boolean not null,
  visibility text not null check (visibility in ('public', 'unlisted', 'followers', 'guild', 'direct')),
  body text not null,
  content text not null,
  language text,
  url text not null,
  in_reply_to text,
  published_at bigint not null,
  updated_at bigint
);
create index notes_by_actor on notes (actor_id, published_at, id);

create table note_readers (
  note_id text not null references notes (id) on delete cascade,
  reader text not null,
  place integer not null,
  primary key (note_id, reader)
);

create table note_tags (
  tag text not null,
  note_id text not null references notes (id) on delete cascade,
  place integer not null,
  primary key (tag, note_id)
);
create index note_tags_by_note on note_tags (note_id);

create table tombstones (
  id text primary key,
  actor_id text,
  host text not null,
  deleted_at bigint not null
);
create index tombstones_by_host on tombstones (host, deleted_at);

create table offers (
  id text primary key,
  note_id text not null,
  endorser_id text not null,
  endorsed_id text not null,
  way text not null check (way in ('offer', 'question', 'link')),
  asked_by text,
  question_id text,
  body text,
  digest text not null,
  state text not null check (state in ('waiting', 'aside', 'accepted', 'published', 'declined', 'expired', 'retracted', 'superseded', 'withdrawn')),
  created_at bigint not null,
  ends_at bigint not null,
  answered_at bigint,
  explained_at bigint,
  explanation_id text,
  stamp_id text,
  reply_id text
);
create index offers_by_note on offers (note_id, created_at);
create index offers_by_endorsed on offers (endorsed_id, state, id);
create index offers_by_endorser on offers (endorser_id, state, id);
create index offers_by_question on offers (question_id);
create index offers_by_explanation on offers (explanation_id);
create index offers_by_reply on offers (reply_id);
create index offers_by_age on offers (created_at);
create index offers_waiting on offers (ends_at) where state in ('waiting', 'aside');

create table no_asks (
  actor_id text primary key,
  since bigint not null
);

create table stamps (
  id text primary key,
  note_id text not null,
  endorser_id text not null,
  actor_id text not null,
  endorsed_id text not null,
  digest text not null,
  body text not null,
  is_local boolean not null,
  published_at bigint not null,
  withdrawn_at bigint
);
create index stamps_by_note on stamps (note_id);

create table endorsements (
  note_id text primary key references notes (id) on delete cascade,
  endorser_id text not null,
  endorsed_id text not null,
  relation text not null,
  period_from text not null,
  period_until text,
  setting text,
  skills text not null,
  evidence text not null,
  shown_to text not null check (shown_to in ('public', 'followers', 'guild')),
  digest text not null,
  consent_id text,
  state text not null check (state in ('confirmed', 'unconfirmed', 'hidden')),
  confirmed_at bigint,
  missing_since bigint,
  checks integer not null,
  next_check_at bigint,
  published_at bigint not null
);
create index endorsements_by_endorsed on endorsements (endorsed_id, published_at, note_id);
create index endorsements_by_endorser on endorsements (endorser_id, published_at, note_id);
create index endorsements_latest on endorsements (published_at, note_id) where state = 'confirmed' and shown_to = 'public';
create index endorsements_by_consent on endorsements (consent_id);
create index endorsements_to_check on endorsements (next_check_at) where next_check_at is not null;

create table job_notes (
  note_id text primary key references notes (id) on delete cascade,
  actor_id text not null,
  title text not null,
  body text not null,
  status text not null check (status in ('open', 'filled', 'closed')),
  closes_at bigint not null
);
create index job_notes_open on job_notes (status, closes_at);

create table featured (
  actor_id text not null,
  note_id text not null,
  added_at bigint not null,
  primary key (actor_id, note_id)
);

create table reactions (
  object_id text not null,
  actor_id text not null,
  kind text not null check (kind in ('like', 'announce', 'emoji')),
  activity_id text,
  content text,
  created_at bigint not null,
  primary key (object_id, actor_id, kind)
);
create index reactions_by_activity on reactions (activity_id);

create table reports (
  id text primary key,
  reporter_id text not null,
  objects text not null,
  content text not null,
  received_at bigint not null
);

create table moves (
  actor_id text primary key,
  target_id text not null,
  moved_at bigint not null
);

create table received (
  id text primary key,
  activity_key text not null,
  actor_id text not null,
  signer_id text not null,
  host text not null,
  type text not null,
  object_id text,
  body text not null,
  body_digest text not null,
  state text not null check (state in ('due', 'leased', 'waiting', 'handled', 'ignored', 'dead')) default 'due',
  attempt integer not null default 0,
  next_at bigint not null,
  lease_token text,
  lease_until bigint,
  last_class text,
  last_detail text,
  created_at bigint not null,
  settled_at bigint,
  -- Someone was added while a worker had it: it goes round once more (OR-17).
  has_new_recipient boolean not null default false,
  -- Its time is over, and an inbox shows it: it stays.
  is_shown boolean not null default false,
  unique (activity_key, actor_id)
);
create index received_due on received (next_at, id) where state in ('due', 'waiting', 'leased');
create index received_settled on received (settled_at, id) where settled_at is not null and not is_shown;

create table deliveries (
  activity_id text not null references activities (id),
  inbox text not null,
  host text not null,
  actor_id text not null,
  order_key text not null,
  state text not null check (state in ('due', 'leased', 'waiting', 'held', 'delivered', 'gone', 'expired', 'cancelled', 'dead')),
  attempt integer not null,
  next_at bigint not null,
  lease_token text,
  lease_until bigint,
  last_class text,
  last_status integer,
  last_detail text,
  created_at bigint not null,
  expires_at bigint not null,
  settled_at bigint,
  primary key (activity_id, inbox)
);
create index deliveries_due on deliveries (host, next_at, activity_id) where state in ('due', 'waiting', 'leased');
create index deliveries_in_order on deliveries (inbox, order_key, activity_id);
create index deliveries_leased on deliveries (host) where state = 'leased';
create index deliveries_by_host on deliveries (host, activity_id);

-- When to look at which host's deliveries: what the queue claims first, so that its cost does not
-- grow with what waits, and no host waits behind another's backlog. Rows are only added and removed:
-- a transaction that adds one never waits for another.
create table delivery_hosts (
  next_at bigint not null,
  host text not null,
  primary key (next_at, host)
);

-- What is left of a fan-out to more than 500 inboxes; the cursor is the last inbox written.
create table fan_outs (
  activity_id text not null references activities (id),
  actor_id text not null,
  followed_id text not null,
  our_host text not null,
  order_key text not null,
  cursor text not null,
  due_at bigint not null,
  expires_at bigint not null,
  primary key (activity_id, followed_id)
);
