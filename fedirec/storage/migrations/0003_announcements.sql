-- What the guild boosts, or is about to: one row for each note, kept so that the boost can be undone.
create table announcements (
  note_id text primary key,
  due_at bigint not null,
  activity_id text,
  announced_at bigint
);
create index announcements_due on announcements (due_at) where activity_id is null;
