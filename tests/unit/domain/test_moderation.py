"""Who may speak to us, and who may say what: one refusal for each way to be wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.domain.actors import ActorId, Host
from fedirec.domain.moderation import Admitted, HostVerdict, Refused, admit, admit_host
from fedirec.domain.origins import host_of

BEA = "https://weavers.example/users/bea"
NOTE = "https://weavers.example/notes/1"
CREATE: dict[str, Any] = {
    "signer": ActorId(BEA),
    "actor": ActorId(BEA),
    "activity_id": "https://weavers.example/activities/1",
    "object_id": NOTE,
    "object_owner": BEA,
    "activity_type": "Create",
    "our_origin": "https://guild.example",
}
FOREIGN_ORIGINS = [
    "https://evil.example",
    "https://weavers.example.evil.example",
    "https://evilweavers.example",
    "https://weavers.example:444",
    "http://weavers.example",
    "https://sub.weavers.example",
]


def judge(**changed: Any) -> Admitted | Refused:
    """Judge Bea's own Create, with these facts changed."""
    return admit(**(CREATE | changed))


def test_an_actor_may_create_what_is_its_own():
    assert judge() == Admitted()


@pytest.mark.parametrize(
    "changed",
    [
        {"activity_type": "Update"},
        {"activity_id": None},
        {"activity_id": "https://WEAVERS.example:443/activities/1"},
        {"activity_type": "Update", "object_id": BEA, "object_owner": None},
        {"activity_type": "Follow", "object_id": "https://guild.example/users/ada"},
        {"activity_type": "Like", "object_owner": "https://else.example/users/dan"},
        {"activity_type": "Undo", "object_id": None, "object_owner": None},
        {"activity_type": "Announce", "object_id": "https://else.example/notes/2"},
    ],
)
def test_an_actor_may_refer_to_what_it_likes(changed):
    assert judge(**changed) == Admitted()


@pytest.mark.rule("SG-01")
@pytest.mark.spec("ActivityPub B.1", level="SHOULD")
def test_a_signer_who_is_not_the_actor_is_refused():
    verdict = judge(signer=ActorId("https://weavers.example/users/neighbor"))

    assert isinstance(verdict, Refused)
    assert "to sign" in verdict.reason


@pytest.mark.rule("OR-03")
def test_an_actor_of_ours_does_not_speak_from_outside():
    ada = ActorId("https://guild.example/users/ada")

    verdict = judge(
        signer=ada,
        actor=ada,
        activity_id="https://guild.example/activities/1",
        object_id="https://guild.example/notes/1",
        object_owner=ada,
    )

    assert verdict == Refused(f"{ada} is ours, and does not speak from outside")


@pytest.mark.rule("OR-17")
@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_an_activity_whose_id_is_on_another_origin_is_refused(origin):
    verdict = judge(activity_id=f"{origin}/activities/1", activity_type="Like")

    assert isinstance(verdict, Refused)
    assert "activity's id" in verdict.reason


@pytest.mark.rule("OR-03", "OR-12")
@pytest.mark.parametrize("activity_type", ["Create", "Update"])
@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_an_object_on_another_origin_is_refused(origin, activity_type):
    verdict = judge(object_id=f"{origin}/notes/1", activity_type=activity_type)

    assert isinstance(verdict, Refused)
    assert "object's id" in verdict.reason


@pytest.mark.rule("OR-03")
def test_an_object_that_would_be_ours_is_refused():
    verdict = judge(object_id="https://guild.example/notes/1")

    assert isinstance(verdict, Refused)
    assert "object's id" in verdict.reason


@pytest.mark.rule("OR-03")
@pytest.mark.parametrize("activity_type", ["Create", "Update"])
@pytest.mark.parametrize(
    "owner",
    [
        None,
        "https://weavers.example/users/neighbor",
        "https://weavers.example/users/Bea",
        "https://weavers.example/users/bea/",
        "https://guild.example/users/ada",
        "1",
    ],
)
def test_an_object_of_another_author_or_of_none_is_refused(owner, activity_type):
    verdict = judge(object_owner=owner, activity_type=activity_type)

    assert isinstance(verdict, Refused)
    assert "attributed to" in verdict.reason


@pytest.mark.parametrize("activity_type", ["Create", "Update"])
def test_an_object_of_which_only_the_id_was_sent_is_admitted_to_be_fetched(activity_type):
    verdict = judge(object_owner=None, is_reference=True, activity_type=activity_type)

    assert verdict == Admitted()


@pytest.mark.rule("OR-03", "OR-12")
@pytest.mark.parametrize("origin", [*FOREIGN_ORIGINS, "https://guild.example"])
def test_a_bare_id_on_another_origin_is_refused(origin):
    verdict = judge(object_id=f"{origin}/notes/1", object_owner=None, is_reference=True)

    assert isinstance(verdict, Refused)
    assert "object's id" in verdict.reason


@pytest.mark.rule("OR-03")
def test_an_object_without_an_id_is_refused():
    assert judge(object_id=None) == Refused("expected the object's id, found none")


@pytest.mark.rule("OR-03")
@pytest.mark.parametrize("fact", ["actor", "activity_id", "object_id"])
@pytest.mark.parametrize(
    "not_an_id", ["", "1", "acct:bea@weavers.example", "javascript:alert(1)", "https://"]
)
def test_an_id_that_is_no_web_address_is_refused(fact, not_an_id):
    changed = {"actor": ActorId(not_an_id), "signer": ActorId(not_an_id)}

    verdict = judge(**(changed if fact == "actor" else {fact: not_an_id}))

    assert isinstance(verdict, Refused)


@given(signer=st.text(), actor=st.text(), activity=st.none() | st.text(), object_=st.text())
def test_nothing_that_a_peer_can_write_is_admitted_or_breaks_the_check(
    signer, actor, activity, object_
):
    verdict = judge(
        signer=ActorId(signer), actor=ActorId(actor), activity_id=activity, object_id=object_
    )

    assert isinstance(verdict, Refused)


@pytest.mark.rule("PA-01")
@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/",
        "https://www.evil.example/",
        "https://a.b.evil.example/",
        "https://evil.example:8443/",
        "https://www.evil.example:8443/",
        "https://EVIL.example/users/mallory",
        "https://Www.Evil.Example:443/",
    ],
)
def test_a_block_covers_every_spelling_port_and_subdomain(uri):
    verdict = admit_host(host_of(uri), blocked=frozenset({"evil.example"}), allowed=None)

    assert verdict is HostVerdict.BLOCKED


@pytest.mark.rule("PA-01", "OR-12")
@pytest.mark.parametrize("host", ["notevil.example", "evil.example.good.example", "example"])
def test_a_block_covers_no_host_that_only_looks_alike(host):
    verdict = admit_host(Host(host), blocked=frozenset({"evil.example"}), allowed=None)

    assert verdict is HostVerdict.ADMIT


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:8081", HostVerdict.BLOCKED),
        ("127.0.0.1:8082", HostVerdict.ADMIT),
        ("127.0.0.1", HostVerdict.ADMIT),
        ("[2001:db8::1]:8081", HostVerdict.BLOCKED),
        ("[2001:db8::1]", HostVerdict.BLOCKED),
        ("[2001:db8::2]", HostVerdict.ADMIT),
    ],
)
def test_a_block_of_one_port_covers_that_port_alone(host, expected):
    blocked = frozenset({"127.0.0.1:8081", "[2001:db8::1]"})

    assert admit_host(Host(host), blocked=blocked, allowed=None) is expected


@pytest.mark.rule("PA-01")
def test_a_block_of_an_internationalized_host_holds_for_its_ascii_form():
    verdict = admit_host(
        host_of("https://bücher.example/"),
        blocked=frozenset({"xn--bcher-kva.example"}),
        allowed=None,
    )

    assert verdict is HostVerdict.BLOCKED


@pytest.mark.rule("PA-04")
def test_an_allow_list_admits_only_the_hosts_on_it():
    def verdict_on(host: str) -> HostVerdict:
        return admit_host(
            Host(host),
            blocked=frozenset({"fallen.example"}),
            allowed=frozenset({"friend.example", "fallen.example"}),
        )

    assert verdict_on("friend.example") is HostVerdict.ADMIT
    assert verdict_on("sub.friend.example") is HostVerdict.NOT_LISTED
    assert verdict_on("stranger.example") is HostVerdict.NOT_LISTED
    assert verdict_on("fallen.example") is HostVerdict.BLOCKED


def test_an_empty_allow_list_admits_nobody():
    verdict = admit_host(Host("friend.example"), blocked=frozenset(), allowed=frozenset())

    assert verdict is HostVerdict.NOT_LISTED
