"""Fills a SQLite guild with what years leave behind, in SQL: a million rows take a minute.

What was received was handled and stands in one member's inbox; what waits to be sent waits for a
thousand hosts. The columns are those of `fedirec/storage/migrations/`.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from benchmarks.guild import Guild

HOSTS: Final = 1_000
DEAD_PORT: Final = 9  # nobody listens there
BODY_BYTES: Final = 2_100
_DAYS_AGO: Final = 10
_DAY: Final = 86_400_000_000  # in microseconds, as instants are stored
_QUICKLY: Final = (
    "pragma journal_mode = off",
    "pragma synchronous = off",
    "pragma cache_size = -1048576",
    "pragma foreign_keys = off",
)
# Ids are older than any of today; the keys come in no order, as from a thousand servers.
_RECEIVED: Final = """
with recursive n(i) as (select :first union all select i + 1 from n where i < :last)
insert into received (id, activity_key, actor_id, signer_id, host, type, object_id, body,
  body_digest, state, attempt, next_at, created_at, settled_at, has_new_recipient, is_shown)
select printf('01HZ%022d', i),
  printf('https://host%d.example/notes/%s', i % 1000, lower(hex(randomblob(12)))),
  printf('https://host%d.example/users/someone', i % 1000),
  printf('https://host%d.example/users/someone', i % 1000),
  printf('host%d.example', i % 1000), 'Create', printf('https://host.example/notes/%d', i),
  printf('{"type":"Create","id":"https://host.example/notes/%d/activity","content":"%s"}',
    i, :text),
  lower(hex(randomblob(32))), 'handled', 1, :at + i, :at + i, :at + i, 0, 0
from n"""
_INBOX: Final = """
with recursive n(i) as (select :first union all select i + 1 from n where i < :last)
insert into inbox_items (owner_id, id, activity_id, source, source_id, object_id, created_at)
select :owner, printf('01HZ%022d', i), printf('https://host.example/notes/%d/activity', i),
  'received', printf('01HZ%022d', i), printf('https://host.example/notes/%d', i), :at + i
from n"""
_ACTIVITIES: Final = """
with recursive n(i) as (select :first union all select i + 1 from n where i < :last)
insert into activities (id, actor_id, type, object_id, body, is_public, readers, published_at)
select printf('%s/activities/01HZ%022d', :origin, i), :actor, 'Create',
  printf('%s/notes/01HZ%022d', :origin, i),
  printf('{"type":"Create","id":"%d","content":"%s"}', i, :text), 1, '[]', :at + i
from n"""
_DELIVERIES: Final = """
with recursive n(i) as (select :first union all select i + 1 from n where i < :last)
insert into deliveries (activity_id, inbox, host, actor_id, order_key, state, attempt, next_at,
  created_at, expires_at)
select printf('%s/activities/01HZ%022d', :origin, i / :each),
  printf('http://127.0.%d.%d:%d/users/person%d/inbox',
    1 + i % :hosts / 250, 1 + i % :hosts % 250, :port, i % :each / :hosts),
  printf('127.0.%d.%d:%d', 1 + i % :hosts / 250, 1 + i % :hosts % 250, :port), :actor,
  printf('%s/notes/01HZ%022d', :origin, i / :each), 'due', 0, :now, :now, :now + 5 * :day
from n"""
_LOOKS: Final = """
insert into delivery_hosts (lane, next_at, host)
select distinct 0, next_at, host from deliveries where state = 'due'"""


def fill_received(guild: Guild, owner: str, *, up_to: int) -> None:
    """Fill an empty instance with so many handled activities, all in one member's inbox."""
    at = _now() - _DAYS_AGO * _DAY
    span = {"first": 1, "last": up_to, "at": at}
    with _quickly(guild) as database:
        database.execute(_RECEIVED, {**span, "text": "x" * (BODY_BYTES - 80)})
        database.execute(_INBOX, {**span, "owner": guild.actor(owner)})


def fill_queue(
    guild: Guild, sender: str, *, up_to: int, hosts: int = HOSTS, port: int = DEAD_PORT
) -> None:
    """Fill an instance with so many deliveries that are due, to the hosts of `neighbourhood.py`."""
    each = min(up_to, 10 * HOSTS)  # deliveries of one activity
    place = {"origin": guild.origin, "actor": guild.actor(sender)}
    with _quickly(guild) as database:
        text = {"text": "x" * (BODY_BYTES - 80), "at": _now()}
        database.execute(_ACTIVITIES, {**place, **text, "first": 0, "last": up_to // each})
        where = {"port": port, "hosts": min(hosts, each), "each": each}
        span = {"first": 0, "last": up_to - 1, "now": _now(), "day": _DAY}
        database.execute(_DELIVERIES, {**place, **where, **span})
        database.execute(_LOOKS)


@contextmanager
def _quickly(guild: Guild) -> Iterator[sqlite3.Connection]:
    """Open the file for filling: nobody else may have it open, and a crash spoils it."""
    with closing(sqlite3.connect(guild.folder / "fedirec.db", isolation_level=None)) as database:
        for pragma in _QUICKLY:
            database.execute(pragma)
        database.execute("begin")
        yield database
        database.execute("commit")
        database.execute("pragma journal_mode = wal")


def _now() -> int:
    return time.time_ns() // 1_000
