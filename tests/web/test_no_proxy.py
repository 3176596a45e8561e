"""No route fetches what a visitor names: there is no open proxy here, for pictures or anything."""

import re

import pytest

from fedirec.web.routes import routes
from tests.fediverse import running
from tests.peers import Peer

PARAMETERS = ("url", "uri", "src", "href", "resource", "object", "actor", "acct", "image", "next")
EXAMPLES = {
    "name": "carol", "ulid": "01M7ZSY66S160EHDMY1XZ47613", "version": "2.1", "tag": "oak",
    "slug": "oak-abcdefgh", "form": "atom",
}  # fmt: skip


def example_of(path: str) -> str:
    """A path that a route of the table answers."""
    return re.sub(r"\{(\w+)[^/]*\}", lambda found: EXAMPLES[found[1]], path)


@pytest.mark.rule("TR-07")
async def test_no_route_asks_for_what_its_parameters_name(tmp_path):
    async with Peer() as canary, running(tmp_path) as home:
        await home.add("carol")
        target = canary.serve("/canary.png", {}, content_type="image/png")

        for route in routes():
            if route.method != "GET":
                continue
            url = home.origin + example_of(route.path)
            for accept in ("text/html", "application/activity+json"):
                parameters = dict.fromkeys(PARAMETERS, target)
                async with home.client.get(
                    url, params=parameters, headers={"Accept": accept}, allow_redirects=False
                ) as response:
                    assert response.status < 500, url
                    assert not response.headers.get("Location", "").startswith(canary.origin)

        assert canary.received == []


@pytest.mark.rule("TR-07")
@pytest.mark.parametrize(
    "path", ["/proxy", "/media_proxy/x", "/proxy/https%3A%2F%2Fpeer.example%2Fx.png", "/fetch"]
)
async def test_there_is_nothing_at_the_usual_places_of_a_proxy(tmp_path, path):
    async with running(tmp_path) as home, home.client.get(home.origin + path) as response:
        assert response.status == 404
