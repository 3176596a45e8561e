"""Instances in odd places exchange everything: clocks apart, behind a proxy, on a split domain."""

from datetime import timedelta
from functools import partial

from fedirec.community import endorsements, following
from fedirec.storage import follows
from tests.federation.test_endorsing import DRAFT, offer_waiting, shown
from tests.fediverse import Home, eventually, free_port, running, utc_now
from tests.proxies import reverse_proxy

FAST, SLOW = timedelta(seconds=50), timedelta(seconds=-50)


async def exchange_everything(first: Home, second: Home) -> None:
    """Follow, offer, accept, publish and receive, from the first to the second and back."""
    for one, other, name, about in (
        (first, second, "carol", "bea"),
        (second, first, "bea", "carol"),
    ):
        await following.follow(one.federation, name, other.handle(about))
        await eventually(partial(is_following, one, other, name, about), expecting="the Accept")
        made = await endorsements.offer(one.federation, name, other.handle(about), DRAFT)
        waiting = await offer_waiting(other, made.offer.id)
        await endorsements.answer(other.federation, about, waiting.id, is_accepted=True)
        await shown(one, made.offer.note_id)
        await shown(other, made.offer.note_id)


async def is_following(one: Home, other: Home, name: str, about: str) -> bool:
    """Whether the follow was accepted."""
    async with one.federation.database.reading() as reader:
        return await follows.is_follower(reader, follower=one.id(name), followed=other.id(about))


async def test_clocks_100_seconds_apart(tmp_path):
    async with (
        running(tmp_path / "fast", now=lambda: utc_now() + FAST) as fast,
        running(tmp_path / "slow", now=lambda: utc_now() + SLOW) as slow,
    ):
        await fast.add("carol")
        await slow.add("bea")

        await exchange_everything(fast, slow)


async def test_one_behind_a_reverse_proxy_that_rewrites_host(tmp_path):
    port = free_port()
    public = f"127.0.0.1:{port}"
    async with (
        running(
            tmp_path / "hidden",
            domain=public,
            host=f"http://{public}",
            trusted_proxies="127.0.0.0/8",
        ) as hidden,
        running(tmp_path / "open") as open_,
        reverse_proxy(port=port, behind=hidden.port),
    ):
        await hidden.add("carol")
        await open_.add("bea")

        await exchange_everything(hidden, open_)


async def test_one_with_a_split_domain_that_answers_webfinger_alone(tmp_path):
    port = free_port()
    domain = f"127.0.0.1:{port}"
    async with (
        running(tmp_path / "split", domain=domain) as split,
        running(tmp_path / "whole") as whole,
        reverse_proxy(port=port, behind=split.port, prefix="/.well-known/", keeps_host=True),
    ):
        await split.add("carol")
        await whole.add("bea")

        assert split.handle("carol") == f"@carol@{domain}"
        assert split.origin != f"http://{domain}"
        await exchange_everything(split, whole)
        known = await whole.actor(split.id("carol"))
        assert known.handle == f"@carol@{domain}"


async def test_clocks_apart_behind_a_proxy_and_on_a_split_domain_at_once(tmp_path):
    proxied, domain = free_port(), free_port()
    public = f"127.0.0.1:{proxied}"
    async with (
        running(
            tmp_path / "hidden",
            now=lambda: utc_now() + FAST,
            domain=public,
            host=f"http://{public}",
            trusted_proxies="127.0.0.0/8",
        ) as hidden,
        running(
            tmp_path / "split", now=lambda: utc_now() + SLOW, domain=f"127.0.0.1:{domain}"
        ) as split,
        reverse_proxy(port=proxied, behind=hidden.port),
        reverse_proxy(port=domain, behind=split.port, prefix="/.well-known/", keeps_host=True),
    ):
        await hidden.add("carol")
        await split.add("bea")

        await exchange_everything(hidden, split)
