-- What members have begun and not sent; `fields` is the form as it was typed, in JSON.
create table drafts (
  id text primary key,
  member_name text not null references members (name),
  fields text not null,
  updated_at bigint not null
);
create index drafts_by_member on drafts (member_name, updated_at, id);

-- Under which words an endorsement stands on the profile of whom it is about, by their own choice.
create table headings (
  endorsed_id text not null,
  note_id text not null,
  heading text not null,
  primary key (endorsed_id, note_id)
);

-- Who asked whom for an endorsement, and when last.
create table requests (
  asker_id text not null,
  asked_id text not null,
  asked_at bigint not null,
  primary key (asker_id, asked_id)
);
create index requests_by_age on requests (asked_at);

-- How far a member has read their inbox: the newest item they said they saw, and when.
create table readings (
  owner_id text primary key,
  item_id text not null,
  read_at bigint not null
);
