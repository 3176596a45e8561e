-- What can be found by its words: those of endorsements, job notes and posts of ours, folded by `storage/search_index.py`.
-- They are lexemes as they stand: no dictionary of the cluster's changes them, so that both engines find the same.
create table searchable (
  note_id text primary key references notes (id) on delete cascade,
  words text not null
);
create index searchable_words on searchable using gin (array_to_tsvector(string_to_array(words, ' ')));
