-- What can be found by its words: those of endorsements, job notes and posts of ours, folded by `storage/search_index.py`.
-- The index holds them under the id in hexadecimal, which is one word to it, so that a row of it is found without a walk.
create table searchable (
  note_id text primary key references notes (id) on delete cascade,
  words text not null
);
create virtual table search_index using fts5 (key, note_id unindexed, words, tokenize = 'unicode61 remove_diacritics 2');
create trigger searchable_added after insert on searchable begin
  insert into search_index (key, note_id, words) values (lower(hex(new.note_id)), new.note_id, new.words);
end;
create trigger searchable_changed after update on searchable begin
  delete from search_index where rowid in (select rowid from search_index where search_index match 'key:' || lower(hex(old.note_id)));
  insert into search_index (key, note_id, words) values (lower(hex(new.note_id)), new.note_id, new.words);
end;
create trigger searchable_removed after delete on searchable begin
  delete from search_index where rowid in (select rowid from search_index where search_index match 'key:' || lower(hex(old.note_id)));
end;
