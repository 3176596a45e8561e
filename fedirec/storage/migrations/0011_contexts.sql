-- A context has a page, found by what its text is called in addresses. What was stored before gets
-- its name from the upkeep, which the second index is for.
alter table endorsements add column slug text;

create index endorsements_by_context on endorsements (slug, published_at, note_id)
  where state = 'confirmed' and shown_to = 'public';
create index endorsements_without_slug on endorsements (note_id)
  where setting is not null and slug is null;
