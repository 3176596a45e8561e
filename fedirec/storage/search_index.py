"""What notes are found by: their words, folded here so that both engines hold and find the same.

Written with the note itself, in its transaction, and gone with it. The index says only what might
be shown: whether it may be is asked of the rows themselves at each search (AC-08).
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fedirec.activitypub.content import plain_text
from fedirec.storage.database import Transaction
from fedirec.storage.statements import text

WORD_CHARACTERS: Final = 60
_MOST_WORDS: Final = 2_000
_AT_ONCE: Final = 200
# Scripts without spaces: each of their signs is a word
_SIGNS: Final = ((0x2E80, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
_SAVE: Final = """
insert into searchable (note_id, words) values (:note_id, :words)
on conflict (note_id) do update set words = excluded.words"""
_UNINDEXED: Final = """
select n.id, n.content, n.kind, n.is_local from notes n
where n.id > :after and (n.is_local or n.kind <> 'note') order by n.id limit :limit"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The condition that a note, `n`, is found by `:query`; it begins with `and`."""

    condition: str
    query: str


def words_in(phrase: str) -> list[str]:
    """Return the words of a text as they are compared: no case, no accents, no punctuation."""
    found: dict[str, None] = {}
    word: list[str] = []
    for character in unicodedata.normalize("NFKD", phrase.casefold()):
        if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Mc"}:
            continue
        if _is_sign(character):
            _end(word, found)
            found[character] = None
        elif character.isalnum():
            word.append(character)
        else:
            _end(word, found)
    _end(word, found)
    return list(found)


def is_searchable(*, kind: str, is_local: bool) -> bool:
    """Whether a note is found by its words: what is said of people, work, and all of ours."""
    return is_local or kind != "note"


async def index_note(transaction: Transaction, note_id: str, content: str) -> None:
    """Let a note, which is stored, be found by the words of its safe HTML, and no others."""
    words = words_in(plain_text(content))[:_MOST_WORDS]
    if words:
        await transaction.execute(_SAVE, {"note_id": note_id, "words": " ".join(words)})
    else:
        await transaction.execute(
            "delete from searchable where note_id = :note_id", {"note_id": note_id}
        )


async def index_all(transaction: Transaction) -> None:
    """Index every note that is found by its words, as the migration that brings the index does."""
    after = ""
    while True:
        rows = await transaction.fetch_all(_UNINDEXED, {"after": after, "limit": _AT_ONCE})
        for row in rows:
            await index_note(transaction, text(row, "id"), text(row, "content"))
        if len(rows) < _AT_ONCE:
            return
        after = text(rows[-1], "id")


def match_words(engine: str, words: Sequence[str]) -> Match:
    """Return what an engine looks for: notes with all these folded words, or their beginnings."""
    if engine == "postgresql":
        return Match(
            condition=" and n.id in (select s.note_id from searchable s"
            " where array_to_tsvector(string_to_array(s.words, ' '))"
            " @@ cast(cast(:query as text) as tsquery))",
            query=" & ".join(f"'{word}':*" for word in words),
        )
    return Match(
        condition=" and n.id in (select note_id from search_index where search_index match :query)",
        query="words : (" + " AND ".join(f'"{word}"*' for word in words) + ")",
    )


def _end(word: list[str], found: dict[str, None]) -> None:
    if word:
        found["".join(word)[:WORD_CHARACTERS]] = None
        word.clear()


def _is_sign(character: str) -> bool:
    if character.isascii():
        return False
    return any(first <= ord(character) <= last for first, last in _SIGNS)
