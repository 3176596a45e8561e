"""Fetching what a handler asks for, before its transaction, within the activity's budget (RX-04).

Documents are taken from their own ids and nowhere else (OR-07); our own ids are never fetched. What
could not be had is told, with the reason; only what is vital and may come later ends the attempt.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, assert_never

import structlog

from fedirec.activitypub.documents import JsonObject
from fedirec.errors import (
    BlockedError,
    GoneError,
    InvalidInputError,
    NotFoundError,
    RemoteError,
    RemoteRefusedError,
    RemoteUnavailableError,
)
from fedirec.federation.context import Federation
from fedirec.federation.fetch_ledger import Allowance
from fedirec.federation.fetching import fetch_document
from fedirec.federation.handling import Failure, Need, NeedKind, Resolved
from fedirec.federation.remote_actors import get_or_fetch_actor, refresh_actor

_log: Final = structlog.get_logger(__name__)


async def resolve(
    federation: Federation, needs: Sequence[Need], *, allowance: Allowance
) -> Resolved:
    """Fetch what is needed, at once; no more requests are made than `allowance` has left.

    Actors are in the database afterwards; documents come back under the id asked for, which is the
    id they bear. Raises RemoteUnavailableError when something vital cannot be had now.
    """
    wanted = dict.fromkeys(need for need in needs if not federation.instance.owns(need.url))
    async with asyncio.TaskGroup() as tasks:
        running = {need: tasks.create_task(_answer(federation, need, allowance)) for need in wanted}
    answers: dict[str, JsonObject | Exception] = {}
    for need, task in running.items():
        answer = task.result()
        if isinstance(answer, RemoteUnavailableError) and need.is_vital:
            raise answer
        if answer is not None:
            answers[need.url] = answer
    return Resolved(
        documents={url: answer for url, answer in answers.items() if isinstance(answer, dict)},
        failures={
            url: _failure(answer)
            for url, answer in answers.items()
            if isinstance(answer, Exception)
        },
    )


async def _answer(
    federation: Federation, need: Need, allowance: Allowance
) -> JsonObject | Exception | None:
    """Fetch one thing; return the document, None for an actor now in the database, or the error."""
    try:
        return await _fetch(federation, need, allowance)
    except (RemoteError, NotFoundError, BlockedError, InvalidInputError) as error:
        _log.info("need.not_met", url=need.url, kind=need.kind, reason=str(error))
        return error


async def _fetch(federation: Federation, need: Need, allowance: Allowance) -> JsonObject | None:
    match need.kind:
        case NeedKind.DOCUMENT:
            document, _body = await fetch_document(federation, need.url, allowance=allowance)
            if document.get("id") != need.url:
                raise RemoteRefusedError(f"{need.url} is served as another id")
            return document
        case NeedKind.ACTOR:
            await get_or_fetch_actor(
                federation,
                need.url,
                max_age=federation.limits.actor_max_age,
                allowance=allowance,
            )
        case NeedKind.FRESH_ACTOR:
            await refresh_actor(federation, need.url, allowance=allowance)
        case _:
            assert_never(need.kind)
    return None


def _failure(error: Exception) -> Failure:
    is_gone = isinstance(error, GoneError)
    is_missing = isinstance(error, NotFoundError) and not is_gone
    return Failure(reason=str(error), is_gone=is_gone, is_missing=is_missing)
