"""Crossing over: what a browser does to sign in through somebody's own server."""

from html import unescape
from re import search
from urllib.parse import quote

from fedirec.community import endorsements as own
from fedirec.domain.endorsements import OfferState
from fedirec.storage import offers
from fedirec.storage.offers import Offer
from tests.community.guild import DRAFT
from tests.peers import PeerActor
from tests.web.browser import Browser
from tests.web.home import Home, Seen
from tests.web.own_server import OwnServer


async def offered(home: Home, dan: PeerActor) -> tuple[Offer, str]:
    """Have somebody here write about dan; return the offer, and its page."""
    made = await own.offer(home.federation, "ada", dan.handle, DRAFT)
    ulid = made.offer.note_id.rpartition("/")[2]
    return made.offer, f"/mine/offers/{ulid}"


async def set_out(browser: Browser, handle: str, path: str = "/mine") -> Seen:
    """Ask for the way to somebody's server; return the page."""
    seen = await browser.open(f"/sign-in/elsewhere?next={quote(path)}")
    return await browser.send(seen, "/sign-in/elsewhere", handle=handle)


def link_of(seen: Seen) -> str:
    """The link that leads off, on the page that names where to."""
    found = search(r'class="button" href="([^"]+)"', seen.text)
    assert found is not None, seen.text
    return unescape(found[1])


def back_of(home: Home, server: OwnServer, seen: Seen) -> str:
    """The path that a browser is sent back to, once somebody said yes over there."""
    return server.say_yes(link_of(seen)).removeprefix(home.instance.origin)


async def crossed(
    home: Home, server: OwnServer, handle: str, path: str = "/mine"
) -> tuple[Browser, Seen]:
    """A browser in which somebody from elsewhere signed in; and the page they came to."""
    browser = Browser(home)
    seen = await set_out(browser, handle, path)
    return browser, await browser.open(back_of(home, server, seen))


async def state_of(home: Home, offer: Offer) -> OfferState:
    """Where an offer stands."""
    async with home.federation.database.reading() as reader:
        found = await offers.find_offer(reader, offer.id)
    assert found is not None
    return found.state
