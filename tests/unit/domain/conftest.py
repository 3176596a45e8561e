"""Actors for the tests of the pure rules."""

from collections.abc import Callable

import pytest

from fedirec.domain.actors import Actor, ActorId, ActorKind, Host, InboxUrl

BEA = "https://weavers.example/users/bea"


@pytest.fixture
def bea_with() -> Callable[..., Actor]:
    """Make a person on another guild's server, some members changed."""

    def make(**changed: object) -> Actor:
        facts: dict[str, object] = {
            "id": ActorId(BEA),
            "kind": ActorKind.PERSON,
            "is_local": False,
            "host": Host("weavers.example"),
            "name": "bea",
            "handle_domain": Host("weavers.example"),
            "display_name": "Bea",
            "summary": "",
            "url": "https://weavers.example/@bea",
            "inbox": InboxUrl(f"{BEA}/inbox"),
            "outbox": f"{BEA}/outbox",
            "followers": f"{BEA}/followers",
            "following": f"{BEA}/following",
            "featured": None,
            "shared_inbox": None,
        }
        return Actor(**(facts | changed))  # type: ignore[arg-type] # a test names what it changes

    return make
