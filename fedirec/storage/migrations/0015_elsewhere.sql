-- People without an account here, who sign in through their own server.

-- What a server calls us by, and the secret that goes with a code of its making.
create table remote_apps (
  host text primary key,
  client_id text not null,
  client_secret text not null,
  scope text not null,
  registered_at bigint not null
);

-- Somebody was sent to their own server, and is waited for in the same browser.
create table remote_sign_ins (
  digest text primary key,
  browser_digest text not null,
  host text not null,
  client_id text not null,
  client_secret text not null,
  token_url text not null,
  revocation_url text not null,
  code_verifier text not null,
  onward text not null,
  expires_at bigint not null
);
create index remote_sign_ins_by_end on remote_sign_ins (expires_at);

-- `host` and `account_id` are who the server said it is, `actor_id` who that is to everybody.
create table visitor_sessions (
  digest text primary key,
  actor_id text not null,
  host text not null,
  account_id text not null,
  created_at bigint not null,
  expires_at bigint not null
);
create index visitor_sessions_by_actor on visitor_sessions (actor_id);
create index visitor_sessions_by_end on visitor_sessions (expires_at);

-- What names somebody is found by them.
create index stamps_by_endorsed on stamps (endorsed_id);
create index stamps_by_endorser on stamps (endorser_id);
create index reactions_by_actor on reactions (actor_id);
create index note_readers_by_reader on note_readers (reader);
