-- Who is signed in: one row for each browser. Only the digest of its cookie is kept (AC-03).

create table sessions (
  digest text primary key,
  member_name text not null references members (name),
  label text not null,
  is_strong boolean not null,
  created_at bigint not null,
  seen_at bigint not null,
  expires_at bigint not null
);
create index sessions_by_member on sessions (member_name);
create index sessions_by_end on sessions (expires_at);
