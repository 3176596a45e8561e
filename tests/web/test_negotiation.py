"""Which face of a URL an Accept asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.web.negotiation import wants_json

PROFILE = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept",
    [
        ["application/activity+json"],
        ["application/activity+json, application/ld+json"],
        [f"{PROFILE}, application/activity+json"],
        [f"application/activity+json, {PROFILE}, text/html;q=0.1"],
        [PROFILE],
        ["application/ld+json"],
        [PROFILE, "application/activity+json"],
        [f"application/json, application/activity+json, {PROFILE}; charset=utf-8"],
        ["application/json"],
        ["text/html;q=0.5, application/activity+json;q=0.6"],
        ["APPLICATION/ACTIVITY+JSON"],
    ],
)
def test_peers_get_json_on_any_url(accept):
    assert wants_json(accept, otherwise=False)


@pytest.mark.parametrize(
    "accept",
    [
        [BROWSER],
        ["text/html"],
        ["text/html, application/activity+json"],
        ["application/activity+json;q=0.5, text/html"],
        ["application/activity+json;q=0, text/html;q=0.1"],
        ["application/activity+json;q=nonsense, text/html"],
    ],
)
def test_people_get_pages_on_any_url(accept):
    assert not wants_json(accept, otherwise=True)


@pytest.mark.parametrize("accept", [[], ["*/*"], [""], ["image/png"], ["application/*"]])
@pytest.mark.parametrize("otherwise", [True, False])
def test_who_does_not_say_gets_the_face_of_the_url(accept, otherwise):
    assert wants_json(accept, otherwise=otherwise) is otherwise


@given(st.lists(st.text(max_size=200), max_size=5))
def test_no_header_breaks_the_reading(accept):
    wants_json(accept, otherwise=True)
