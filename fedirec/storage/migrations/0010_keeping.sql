-- What keepers look at and after.

-- What was counted, in steps of five minutes for a day, then of an hour.
create table history (
  at bigint not null,
  name text not null,
  value bigint not null,
  primary key (at, name)
);

-- The guild's own pages, as keepers wrote them; a page that is not here has the text we ship.
create table about_texts (
  slug text primary key,
  source text not null,
  updated_at bigint not null
);

-- Who members hear nothing of, unless they follow them.
create table silences (
  target text primary key,
  kind text not null check (kind in ('host', 'actor')),
  reason text,
  created_at bigint not null
);

alter table reports add column resolved_at bigint;
alter table reports add column resolved_by text;
alter table reports add column resolution text;
create index reports_open on reports (id) where resolved_at is null;
