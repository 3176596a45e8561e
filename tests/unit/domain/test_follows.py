"""Who may follow whom."""

import pytest

from fedirec.domain.actors import Actor, ActorId, ActorKind
from fedirec.domain.follows import FollowAnswer, answer_follow


def answer(
    followed: Actor, *, is_blocked: bool = False, follower_has_moved: bool = False
) -> FollowAnswer:
    return answer_follow(followed, is_blocked=is_blocked, follower_has_moved=follower_has_moved)


@pytest.mark.parametrize("kind", [ActorKind.PERSON, ActorKind.GROUP])
def test_a_follower_is_accepted(bea_with, kind):
    assert answer(bea_with(kind=kind)) is FollowAnswer.ACCEPT


def test_a_follower_of_a_locked_actor_waits(bea_with):
    assert answer(bea_with(is_locked=True)) is FollowAnswer.WAIT


@pytest.mark.parametrize("is_locked", [True, False])
def test_a_blocked_follower_is_rejected(bea_with, is_locked):
    assert answer(bea_with(is_locked=is_locked), is_blocked=True) is FollowAnswer.REJECT


def test_a_follower_who_moved_away_is_rejected(bea_with):
    assert answer(bea_with(), follower_has_moved=True) is FollowAnswer.REJECT


def test_an_actor_who_moved_away_gets_no_more_followers(bea_with):
    moved = bea_with(moved_to=ActorId("https://else.example/users/bea"))

    assert answer(moved) is FollowAnswer.REJECT


def test_nobody_follows_the_instance_itself(bea_with):
    assert answer(bea_with(kind=ActorKind.APPLICATION)) is FollowAnswer.REJECT
