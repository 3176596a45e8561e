"""People without an account here: where we are known as an app, who is under way, who is in.

States and session ids are kept as digests alone. A state is taken once, by the browser that it was
made for; no token of another server is ever kept.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActorId, Host
from fedirec.storage.blocks import INSTANCE, hits
from fedirec.storage.database import Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import instant, text

_FIND_SESSION: Final = (
    "select s.digest, s.actor_id, s.host, s.account_id, s.created_at, s.expires_at"  # noqa: S608 - ours
    " from visitor_sessions s join actors a on a.id = s.actor_id"
    " where s.digest = :digest and s.expires_at > :now and a.gone_at is null and not exists"
    f" (select 1 from blocks k where k.owner = '{INSTANCE}' and {hits('k', 'a')})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteApp:
    """What a server knows us as; `scope` is what we may ask for there."""

    host: Host
    client_id: str
    client_secret: str
    scope: str
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteSignIn:
    """Somebody who was sent to their own server, and what finishing takes when they are back.

    `digest` is of the state, `browser_digest` of the browser's cookie; `onward` a path of ours.
    """

    digest: str
    browser_digest: str
    host: Host
    client_id: str
    client_secret: str
    token_url: str
    revocation_url: str
    code_verifier: str
    onward: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorSession:
    """A person from elsewhere in one browser: the account `account_id` of `host`, by its actor."""

    digest: str
    actor_id: ActorId
    host: Host
    account_id: str
    created_at: datetime
    expires_at: datetime


async def save_app(transaction: Transaction, app: RemoteApp) -> None:
    """Keep what a server knows us as, in place of what it knew us as before."""
    await transaction.execute(
        "insert into remote_apps (host, client_id, client_secret, scope, registered_at)"
        " values (:host, :client_id, :client_secret, :scope, :registered_at)"
        " on conflict (host) do update set client_id = excluded.client_id,"
        " client_secret = excluded.client_secret, scope = excluded.scope,"
        " registered_at = excluded.registered_at",
        {
            "host": app.host,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "scope": app.scope,
            "registered_at": to_microseconds(app.registered_at),
        },
    )


async def find_app(reader: Reader, host: Host, *, since: datetime) -> RemoteApp | None:
    """Return what a server knows us as, if it was told since then."""
    row = await reader.fetch_one(
        "select host, client_id, client_secret, scope, registered_at from remote_apps"
        " where host = :host and registered_at > :since",
        {"host": host, "since": to_microseconds(since)},
    )
    if row is None:
        return None
    return RemoteApp(
        host=Host(text(row, "host")),
        client_id=text(row, "client_id"),
        client_secret=text(row, "client_secret"),
        scope=text(row, "scope"),
        registered_at=instant(row, "registered_at"),
    )


async def forget_app(transaction: Transaction, host: Host, client_id: str) -> bool:
    """Forget what a server knows us as no more; return whether that was what we had."""
    changed = await transaction.execute(
        "delete from remote_apps where host = :host and client_id = :client_id",
        {"host": host, "client_id": client_id},
    )
    return changed > 0


async def insert_sign_in(transaction: Transaction, sign_in: RemoteSignIn) -> None:
    """Keep that somebody is under way."""
    await transaction.execute(
        "insert into remote_sign_ins (digest, browser_digest, host, client_id, client_secret,"
        " token_url, revocation_url, code_verifier, onward, expires_at) values (:digest,"
        " :browser_digest, :host, :client_id, :client_secret, :token_url, :revocation_url,"
        " :code_verifier, :onward, :expires_at)",
        {
            "digest": sign_in.digest,
            "browser_digest": sign_in.browser_digest,
            "host": sign_in.host,
            "client_id": sign_in.client_id,
            "client_secret": sign_in.client_secret,
            "token_url": sign_in.token_url,
            "revocation_url": sign_in.revocation_url,
            "code_verifier": sign_in.code_verifier,
            "onward": sign_in.onward,
            "expires_at": to_microseconds(sign_in.expires_at),
        },
    )


async def take_sign_in(
    transaction: Transaction, digest: str, *, browser_digest: str, host: Host, now: datetime
) -> RemoteSignIn | None:
    """Take who is back from `host` in the browser they left with; nobody can be taken twice."""
    rows = await transaction.fetch_all(
        "delete from remote_sign_ins where digest = :digest and browser_digest = :browser_digest"
        " and host = :host and expires_at > :now returning digest, browser_digest, host, client_id,"
        " client_secret, token_url, revocation_url, code_verifier, onward, expires_at",
        {
            "digest": digest,
            "browser_digest": browser_digest,
            "host": host,
            "now": to_microseconds(now),
        },
    )
    return _read_sign_in(rows[0]) if rows else None


async def insert_visitor(transaction: Transaction, session: VisitorSession) -> None:
    """Keep a new session."""
    await transaction.execute(
        "insert into visitor_sessions (digest, actor_id, host, account_id, created_at, expires_at)"
        " values (:digest, :actor_id, :host, :account_id, :created_at, :expires_at)",
        {
            "digest": session.digest,
            "actor_id": session.actor_id,
            "host": session.host,
            "account_id": session.account_id,
            "created_at": to_microseconds(session.created_at),
            "expires_at": to_microseconds(session.expires_at),
        },
    )


async def find_visitor(reader: Reader, digest: str, now: datetime) -> VisitorSession | None:
    """Return a session; None if it is over, or its person is gone or blocked here."""
    row = await reader.fetch_one(_FIND_SESSION, {"digest": digest, "now": to_microseconds(now)})
    if row is None:
        return None
    return VisitorSession(
        digest=text(row, "digest"),
        actor_id=ActorId(text(row, "actor_id")),
        host=Host(text(row, "host")),
        account_id=text(row, "account_id"),
        created_at=instant(row, "created_at"),
        expires_at=instant(row, "expires_at"),
    )


async def end_visitor(transaction: Transaction, digest: str) -> bool:
    """End a session; return whether there was one."""
    ended = await transaction.execute(
        "delete from visitor_sessions where digest = :digest", {"digest": digest}
    )
    return ended > 0


async def prune_visitors(transaction: Transaction, now: datetime) -> int:
    """Forget who is in no more, and who never came back; return how many."""
    at = {"now": to_microseconds(now)}
    ended = await transaction.execute("delete from visitor_sessions where expires_at <= :now", at)
    return ended + await transaction.execute(
        "delete from remote_sign_ins where expires_at <= :now", at
    )


def _read_sign_in(row: Row) -> RemoteSignIn:
    return RemoteSignIn(
        digest=text(row, "digest"),
        browser_digest=text(row, "browser_digest"),
        host=Host(text(row, "host")),
        client_id=text(row, "client_id"),
        client_secret=text(row, "client_secret"),
        token_url=text(row, "token_url"),
        revocation_url=text(row, "revocation_url"),
        code_verifier=text(row, "code_verifier"),
        onward=text(row, "onward"),
        expires_at=instant(row, "expires_at"),
    )
