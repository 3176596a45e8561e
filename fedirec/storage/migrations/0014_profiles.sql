-- What members say of themselves beside their words: where they are, what they speak (a list as JSON), whether they look for work.
alter table members add column place text not null default '';
alter table members add column speaks text not null default '[]';
alter table members add column open_to_work text not null default 'hidden' check (open_to_work in ('yes', 'no', 'hidden'));
