"""What a Content-Type says is an ActivityStreams document, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.activitypub.media_types import is_activity_type, parse_media_type

LD = "application/ld+json"
PROFILE = 'profile="https://www.w3.org/ns/activitystreams"'


@pytest.mark.rule("OR-02")
@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        " Application/Activity+JSON ;charset=UTF-8",
        f"application/activity+json; {PROFILE}",
        f"{LD}; {PROFILE}",
        f'{LD} ;charset=utf-8; profile="x https://www.w3.org/ns/activitystreams"',
    ],
)
def test_the_forms_that_peers_send_are_activities(content_type):
    assert is_activity_type(content_type)


@pytest.mark.rule("OR-02")
@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        LD,
        f'{LD}; profile="https://www.w3.org/ns/activitystreams-not"',
        "application/activity+json, text/html",
        "text/html; x=application/activity+json",
        'text/html; x="; application/activity+json"',
        "application/activity+json; charset=utf-7",
        "application/activity+json; charset=utf-8; charset=utf-7",
        "application/activity+json\n",
        "application/activity+json; x",
        f"{LD}; profile=https://www.w3.org/ns/activitystreams",
    ],
)
def test_whatever_may_be_read_otherwise_is_none(content_type):
    assert not is_activity_type(content_type)


def test_a_quoted_value_is_read_without_its_escapes():
    assert parse_media_type(r'a/B; X="a\"b"; ; y=1') == ("a/b", {"x": 'a"b', "y": "1"})


@given(st.text(max_size=200))
def test_no_content_type_breaks_the_reading(content_type):
    is_activity_type(content_type)
