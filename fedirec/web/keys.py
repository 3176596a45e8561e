"""What the web application holds, under typed keys: set once by `routes.py`, read by handlers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network

from aiohttp import web
from cachetools import LRUCache

from fedirec.domain.actors import ActorId
from fedirec.federation.context import Federation
from fedirec.storage.database import Value
from fedirec.storage.intake import Intake
from fedirec.web.assets import Assets
from fedirec.web.rates import Rates
from fedirec.web.turnstile import Turnstile

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class WebOptions:
    """What the HTTP door needs beside the federation.

    `trusted_proxies`: networks whose X-Forwarded-* headers count (RX-09). `version` is fedirec's,
    for NodeInfo. `metrics_digest` is the SHA-256 of the token that opens `/metrics`, None to close
    it. Requests over `slow_seconds` are logged. `monotonic` measures rates and deadlines, in
    seconds; tests hand in their own.
    """

    trusted_proxies: tuple[Network, ...] = ()
    version: str = "0"
    metrics_digest: bytes | None = None
    slow_seconds: float = 1.0
    monotonic: Callable[[], float] | None = None


FEDERATION = web.AppKey("federation", Federation)
INTAKE = web.AppKey("intake", Intake)
OPTIONS = web.AppKey("options", WebOptions)
ASSETS = web.AppKey("assets", Assets)
FACES = web.AppKey("faces", LRUCache[ActorId, tuple[tuple[Value, ...], bytes]])
RATES = web.AppKey("rates", Rates)
TURNSTILE = web.AppKey("turnstile", Turnstile)
OPENED_AT = web.AppKey("opened_at", datetime)

REQUEST_ID = web.RequestKey("request_id", str)
