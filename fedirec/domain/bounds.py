"""Within what each limit may be set: wide enough for every guild, never so wide that it is none."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from fedirec.domain.limits import Limits
from fedirec.domain.spelling import written
from fedirec.errors import InvalidInputError

Bound = int | timedelta

_S: Final = timedelta(seconds=1)
_M: Final = timedelta(minutes=1)
_H: Final = timedelta(hours=1)
_D: Final = timedelta(days=1)

BOUNDS: Final[Mapping[str, tuple[Bound, Bound]]] = {
    "inbox_body_bytes": (65_536, 4_194_304),
    "fetched_body_bytes": (65_536, 8_388_608),
    "activity_bytes": (16_384, 65_536),
    "json_depth": (8, 64),
    "json_nodes": (1_000, 100_000),
    "signature_age": (_M, 12 * _H),
    "signature_ahead": (_S, 12 * _H),
    "signature_age_with_expires": (_M, 24 * _H),
    "key_refresh_interval": (_S, _D),
    "key_refreshes_per_host_hour": (1, 10_000),
    "actor_max_age": (_S, 30 * _D),
    "fetches_per_activity": (1, 20),
    "fetches_per_host_hour": (10, 100_000),
    "dns_timeout": (_S, 30 * _S),
    "dns_failure_kept": (timedelta(), 10 * _M),
    "connect_timeout": (_S, 30 * _S),
    "first_byte_timeout": (_S, 60 * _S),
    "fetch_timeout": (_S, 60 * _S),
    "delivery_timeout": (_S, 55 * _S),
    "minimum_bytes_per_second": (1, 65_536),
    "redirects": (0, 5),
    "requests_per_host_minute": (60, 10_000_000),
    "requests_per_unknown_host_minute": (10, 10_000_000),
    "requests_per_actor_minute": (10, 10_000_000),
    "connections_per_address": (1, 10_000),
    "free_space_bytes": (0, 1_099_511_627_776),
    "free_space_percent": (0, 50),
    "ready_queue_age": (_M, _D),
    "deliveries_in_flight": (1, 1_000),
    "deliveries_per_host": (1, 64),
    "inboxes_per_transaction": (1, 10_000),
    "delivery_lifetime": (_M, 30 * _D),
    "protective_delivery_lifetime": (_M, 60 * _D),
    "lease": (2 * _S, _H),
    "received_attempts": (1, 50),
    "received_kept": (24 * _H, 365 * _D),
    "notifications_kept": (30 * _D, 3650 * _D),
    "peers_kept": (14 * _D, 365 * _D),
    "peers_most": (1_000, 1_000_000),
    "tombstones_kept": (7 * _D, 3650 * _D),
    "tombstones_per_host": (100, 1_000_000),
    "words_min": (1, 1_000),
    "words_max": (40, 5_000),
    "note_bytes": (4_096, 32_768),
    "offer_lifetime": (_S, 30 * _D),
    "open_offers_per_pair": (1, 10),
    "open_offers_per_endorser": (1, 1_000),
    "open_offers_per_endorsed": (1, 1_000),
    "offers_per_host_day": (1, 10_000),
    "new_host_age": (timedelta(), 365 * _D),
    "silence_after_refusal": (_D, 3650 * _D),
    "offer_text_kept": (timedelta(), 30 * _D),
    "questions_per_person_open": (1, 3),
    "questions_per_person_year": (1, 12),
    "questions_per_endorser_day": (0, 10),
    "questions_per_guild_day": (0, 100),
    "questions_per_host_day": (0, 100),
    "announce_delay": (timedelta(), _D),
    "announces_per_day": (0, 100),
    "stamp_check_interval": (_H, 30 * _D),
    "unreached_shown": (_D, 365 * _D),
    "acquaintance": (_D, 365 * _D),
    "job_lifetime": (_H, 90 * _D),
    "job_lifetime_max": (_D, 365 * _D),
}
"""Lowest and highest value of each limit, both included."""


def check_limits(limits: Limits) -> None:
    """See to it that each limit is within its bounds, and that those that depend on another agree.

    Raises:
        InvalidInputError: With the limit's name as its field, to be put before the message.
    """
    for name, (lowest, highest) in BOUNDS.items():
        given = getattr(limits, name)
        if not lowest <= given <= highest:
            message = (
                f"must be from {written(lowest)} to {written(highest)}, found {written(given)}"
            )
            raise InvalidInputError(message, field=name)
    if limits.words_min > limits.words_max:
        message = f"must not be over words_max {limits.words_max}, found {limits.words_min}"
        raise InvalidInputError(message, field="words_min")
    if limits.delivery_timeout >= limits.lease:
        message = "must be longer than delivery_timeout, or work is done twice"
        raise InvalidInputError(message, field="lease")
