"""Every limit, in one frozen value: sizes in bytes, rates per named span, spans as timedelta.

Each is a setting of its own (`FEDIREC_LIMITS__NAME`, or `[limits]` in the settings file) with this
default; the rule it belongs to is named beside it. Pure rooms and journeys take the value.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The defaults a guild keeper starts with."""

    # documents
    inbox_body_bytes: int = 1_048_576  # RX-01
    fetched_body_bytes: int = 1_048_576  # TR-10
    activity_bytes: int = 49_152  # what we send: Misskey takes 64 KiB, Takahē 50 KB
    json_depth: int = 32  # RX-02
    json_nodes: int = 20_000
    # signatures
    signature_age: timedelta = timedelta(hours=1)  # SG-09
    signature_ahead: timedelta = timedelta(hours=1)
    signature_age_with_expires: timedelta = timedelta(hours=12)
    key_refresh_interval: timedelta = timedelta(minutes=5)  # SG-13
    key_refreshes_per_host_hour: int = 30
    actor_max_age: timedelta = timedelta(hours=24)
    # fetching
    fetches_per_activity: int = 5  # RX-04
    fetches_per_host_hour: int = 600
    dns_timeout: timedelta = timedelta(seconds=5)  # TR-12
    dns_failure_kept: timedelta = timedelta(seconds=30)
    connect_timeout: timedelta = timedelta(seconds=5)  # TR-09: TCP and TLS together, per address
    first_byte_timeout: timedelta = timedelta(seconds=10)
    fetch_timeout: timedelta = timedelta(seconds=15)
    delivery_timeout: timedelta = timedelta(seconds=30)
    minimum_bytes_per_second: int = 512
    redirects: int = 3  # TR-05
    # receiving
    requests_per_host_minute: int = 1_200  # RX-10
    requests_per_unknown_host_minute: int = 120
    requests_per_actor_minute: int = 300
    connections_per_address: int = 50  # RX-06
    free_space_bytes: int = 536_870_912  # RX-12: with less left, nothing new is taken in
    free_space_percent: int = 5
    ready_queue_age: timedelta = timedelta(minutes=15)  # OP-06
    # sending
    deliveries_in_flight: int = 64
    deliveries_per_host: int = 8  # RX-08
    inboxes_per_transaction: int = 500
    delivery_lifetime: timedelta = timedelta(days=5)
    protective_delivery_lifetime: timedelta = timedelta(days=14)  # Delete, Undo, Block, keys
    lease: timedelta = timedelta(seconds=60)
    received_attempts: int = 8  # ST-03
    received_kept: timedelta = timedelta(days=30)  # SG-09
    notifications_kept: timedelta = timedelta(days=365)
    peers_kept: timedelta = timedelta(days=30)  # RX-05: after they were last heard or tried
    peers_most: int = 50_000
    tombstones_kept: timedelta = timedelta(days=180)  # OR-08
    tombstones_per_host: int = 10_000
    # endorsements
    words_min: int = 40
    words_max: int = 1_000
    note_bytes: int = 16_384
    offer_lifetime: timedelta = timedelta(days=30)
    open_offers_per_pair: int = 1
    open_offers_per_endorser: int = 10
    open_offers_per_endorsed: int = 20
    offers_per_host_day: int = 50
    new_host_age: timedelta = timedelta(days=14)
    silence_after_refusal: timedelta = timedelta(days=90)
    offer_text_kept: timedelta = timedelta(days=7)
    acquaintance: timedelta = timedelta(days=90)  # since they wrote to who would ask them
    questions_per_person_open: int = 1
    questions_per_person_year: int = 3
    questions_per_endorser_day: int = 2
    questions_per_guild_day: int = 20
    questions_per_host_day: int = 10
    announce_delay: timedelta = timedelta(minutes=1)
    announces_per_day: int = 10
    stamp_check_interval: timedelta = timedelta(days=7)
    unreached_shown: timedelta = timedelta(days=30)
    # job notes
    job_lifetime: timedelta = timedelta(days=30)
    job_lifetime_max: timedelta = timedelta(days=90)
