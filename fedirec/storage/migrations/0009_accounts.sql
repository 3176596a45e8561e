-- Joining and signing in. What opens something is kept as a digest; an address, and the name that
-- somebody typed, as a keyed one.

-- Who wants to be found says so: nobody is listed by default.
alter table members add column is_listed boolean not null default false;
update actors set is_discoverable = false where id in (select actor_id from members);

-- Where a member gets mail, once a link that was sent there was opened.
alter table members add column email text;
create unique index members_by_email on members (email);

create table email_confirmations (
  digest text primary key,
  member_name text not null references members (name),
  email text not null,
  expires_at bigint not null
);
create index email_confirmations_by_end on email_confirmations (expires_at);

create table passwords (
  member_name text primary key references members (name),
  hash text not null,
  changed_at bigint not null
);

create table sessions (
  digest text primary key,
  member_name text not null references members (name),
  created_at bigint not null,
  seen_at bigint not null,
  proved_at bigint not null,
  expires_at bigint not null,
  is_strong boolean not null,
  label text not null
);
create index sessions_by_member on sessions (member_name, created_at);
create index sessions_by_end on sessions (expires_at);

-- A password was right, and a second factor is waited for.
create table pending_sign_ins (
  digest text primary key,
  member_name text not null references members (name),
  expires_at bigint not null,
  tries integer not null
);
create index pending_sign_ins_by_member on pending_sign_ins (member_name);
create index pending_sign_ins_by_end on pending_sign_ins (expires_at);

create table throttles (
  key text primary key,
  tries integer not null,
  next_at bigint not null,
  last_at bigint not null
);
create index throttles_by_age on throttles (last_at);

create table familiar_addresses (
  member_name text not null references members (name),
  address_key text not null,
  seen_at bigint not null,
  primary key (member_name, address_key)
);

-- `last_step` is the newest step whose code was taken; none is taken twice.
create table totp_secrets (
  member_name text primary key references members (name),
  secret text not null,
  created_at bigint not null,
  confirmed_at bigint,
  last_step bigint not null
);

create table recovery_codes (
  digest text primary key,
  member_name text not null references members (name),
  used_at bigint
);
create index recovery_codes_by_member on recovery_codes (member_name);

create table passkeys (
  id text primary key,
  member_name text not null references members (name),
  name text not null,
  public_key text not null,
  sign_count bigint not null,
  created_at bigint not null,
  used_at bigint
);
create index passkeys_by_member on passkeys (member_name);

create table passkey_challenges (
  digest text primary key,
  purpose text not null check (purpose in ('register', 'sign_in')),
  member_name text,
  expires_at bigint not null
);
create index passkey_challenges_by_end on passkey_challenges (expires_at);

-- A claim is made by a member who is here already, and chooses a password.
create table invites (
  id text primary key,
  digest text not null unique,
  made_by text,
  for_name text,
  is_claim boolean not null,
  created_at bigint not null,
  expires_at bigint not null,
  revoked_at bigint,
  used_by text,
  used_at bigint
);

-- One that was sent by mail opens nothing once the address is another one.
create table password_resets (
  digest text primary key,
  member_name text not null references members (name),
  email text,
  expires_at bigint not null
);
create index password_resets_by_member on password_resets (member_name);

-- When each keeper was last here; the commands have no name.
create table keeper_activity (
  keeper text primary key,
  seen_at bigint not null
);

-- Only added to. Who acted by the commands has no name.
create table admin_acts (
  id text primary key,
  acted_at bigint not null,
  actor_name text,
  act text not null,
  subject text not null,
  detail text not null
);
