"""Whom something is for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.domain.actors import ActorId
from fedirec.domain.audience import (
    Audience,
    Visibility,
    audience_for,
    is_public,
    public_audience,
    visibility_of,
)
from fedirec.domain.endorsements import ShownTo
from fedirec.domain.public import PUBLIC

CAROL = ActorId("https://guild.example/users/carol")
FOLLOWERS = "https://guild.example/users/carol/followers"
GUILD = ActorId("https://guild.example/users/guild")
BEA = ActorId("https://weavers.example/users/bea")

IDS = st.lists(
    st.sampled_from([PUBLIC, FOLLOWERS, CAROL, GUILD, BEA, "https://else.example/users/dan"])
).map(tuple)


@given(to=IDS, cc=IDS, author=st.sampled_from([CAROL, GUILD, BEA]))
def test_an_audience_without_its_author_never_contains_the_author(to, cc, author):
    audience = Audience(to=to, cc=cc).without(author)

    assert author not in audience.everyone
    assert set(audience.everyone) == {*to, *cc} - {author}


@given(to=IDS, cc=IDS)
def test_everyone_is_named_once_and_the_primary_ones_first(to, cc):
    everyone = Audience(to=to, cc=cc).everyone

    assert len(set(everyone)) == len(everyone)
    assert everyone[: len(set(to))] == tuple(dict.fromkeys(to))


@pytest.mark.spec("ActivityPub 5.6", level="MUST")
@pytest.mark.parametrize("spelling", [PUBLIC, "as:Public", "Public"])
def test_public_is_known_in_each_of_its_spellings(spelling):
    assert is_public([CAROL, spelling])
    assert visibility_of([spelling], [], followers=FOLLOWERS) is Visibility.PUBLIC


@pytest.mark.parametrize("other", ["public", "https://www.w3.org/ns/activitystreams#public", CAROL])
def test_nothing_else_is_public(other):
    assert not is_public([other])


@pytest.mark.parametrize(
    ("to", "cc", "expected"),
    [
        ([PUBLIC], [FOLLOWERS], Visibility.PUBLIC),
        ([PUBLIC, BEA], [PUBLIC], Visibility.PUBLIC),
        ([FOLLOWERS], [PUBLIC], Visibility.UNLISTED),
        ([FOLLOWERS], [BEA], Visibility.FOLLOWERS),
        ([BEA], [FOLLOWERS], Visibility.FOLLOWERS),
        ([GUILD, FOLLOWERS], [], Visibility.FOLLOWERS),
        ([GUILD], [BEA], Visibility.GUILD),
        ([BEA], [GUILD], Visibility.GUILD),
        ([BEA], [], Visibility.DIRECT),
        ([], [], Visibility.DIRECT),
        (["https://weavers.example/users/bea/followers"], [], Visibility.DIRECT),
    ],
)
def test_visibility_follows_from_the_audience(to, cc, expected):
    assert visibility_of(to, cc, followers=FOLLOWERS, guild=GUILD) is expected


def test_a_private_message_to_the_guild_actor_stays_private():
    assert visibility_of([GUILD], [], followers=FOLLOWERS) is Visibility.DIRECT


def test_an_author_without_a_followers_collection_writes_to_no_followers():
    assert visibility_of([FOLLOWERS], [], followers=None) is Visibility.DIRECT


@pytest.mark.parametrize(
    ("shown_to", "expected"),
    [
        (ShownTo.PUBLIC, Audience(to=(PUBLIC,), cc=(FOLLOWERS, BEA))),
        (ShownTo.FOLLOWERS, Audience(to=(FOLLOWERS,), cc=(BEA,))),
        (ShownTo.GUILD, Audience(to=(GUILD,), cc=(BEA,))),
    ],
)
def test_a_published_endorsement_goes_to_whom_it_is_shown_and_to_the_endorsed(shown_to, expected):
    audience = audience_for(shown_to, followers=FOLLOWERS, endorsed=BEA, guild=GUILD)

    assert audience == expected
    assert visibility_of(audience.to, audience.cc, followers=FOLLOWERS, guild=GUILD) == shown_to


def test_a_public_note_goes_to_everybody_and_names_each_mentioned_once():
    assert public_audience(FOLLOWERS, (BEA, GUILD, BEA)) == Audience(
        to=(PUBLIC,), cc=(FOLLOWERS, BEA, GUILD)
    )
