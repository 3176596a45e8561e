"""People on servers that know nothing of endorsements: one direct note, one word, or a link."""

from typing import Any

import pytest

from fedirec.community import endorsements
from fedirec.domain.endorsements import OfferState, OfferWay
from fedirec.errors import ForbiddenError
from tests.community.elsewhere import OTHER, follow
from tests.community.guild import DRAFT
from tests.federation.receiving.door import serve_note

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPEN = "an offer to this person is still open"


@pytest.fixture(autouse=True)
def tomorrow(guild):
    """Let each test have a day of its own, as the guild asks so many people a day."""
    guild.clock.forward(days=1)


async def ask(guild, who, person, draft=DRAFT) -> Any:
    """Wish to endorse somebody elsewhere."""
    return await endorsements.offer(guild.federation, who, person.handle, draft)


async def refusal(guild, who, person) -> str | None:
    """Why somebody elsewhere cannot be asked now; None if they can."""
    try:
        await ask(guild, who, person, OTHER)
    except ForbiddenError as error:
        return str(error)
    return None


async def follows_guild(guild, person) -> None:
    """Let somebody elsewhere follow the guild."""
    await guild.know(person)
    await follow(guild, person.id, guild.guild_id)


def reply_to(guild, person, made, text, **changes) -> dict[str, Any]:
    """A private reply with a mention before it, as Mastodon writes it."""
    asker = made.offer.asked_by
    mention = f'<span class="h-card"><a href="{asker}" class="u-url mention">@guild</a></span>'
    return {
        "id": f"{person.peer.origin}/notes/{person.peer.next_number()}",
        "type": "Note",
        "attributedTo": person.id,
        "inReplyTo": made.offer.question_id,
        "content": f"<p>{mention} {text}</p>",
        "published": guild.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "to": [asker],
        "tag": [{"type": "Mention", "href": asker, "name": guild.handle("guild")}],
    } | changes


async def answer(guild, person, made, text, **changes) -> tuple[str, str | None]:
    """Have somebody reply; return the reply's id, and why it changed nothing, or None."""
    reply = reply_to(guild, person, made, text, **changes)
    create = person.activity("Create", reply, to=reply["to"])
    return reply["id"], await guild.hear(person, create)


async def test_who_follows_the_guild_is_asked_by_the_guild_and_nobody_else_reads_it(
    guild, peer, dan
):
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)

    made = await ask(guild, ada, dan)

    assert (made.way, made.offer.asked_by) == (OfferWay.QUESTION, guild.guild_id)
    [create] = await guild.sent(dan, "Create")
    assert (create["to"], create["object"]["to"]) == ([dan.id], [dan.id])
    assert create["object"]["directMessage"] is True
    assert DRAFT.words in create["object"]["content"]
    assert len(peer.posts) == 1
    [kept] = await guild.rows(
        "select visibility from notes where id = :id", id=made.offer.question_id
    )
    assert kept["visibility"] == "direct"


async def test_who_follows_the_endorser_is_asked_by_the_endorser(guild, dan):
    [ada] = await guild.add("ada")
    await guild.know(dan)
    await follow(guild, dan.id, guild.id(ada))

    made = await ask(guild, ada, dan)

    assert (made.way, made.offer.asked_by) == (OfferWay.QUESTION, guild.id(ada))


async def test_who_follows_neither_is_sent_nothing_and_a_link_is_handed_over(guild, peer, dan):
    [ada] = await guild.add("ada")

    made = await ask(guild, ada, dan)
    await guild.send()

    assert (made.way, made.offer.question_id) == (OfferWay.LINK, None)
    assert guild.federation.instance.answer_url(made.offer.note_id) in made.message
    assert peer.posts == []
    assert await refusal(guild, ada, dan) == OPEN
    await endorsements.withdraw(guild.federation, ada, made.offer.note_id)
    assert await guild.state_of(made.offer.id) is OfferState.RETRACTED


async def test_one_question_waits_for_a_person_by_the_whole_guild(guild, dan):
    ada, ben = await guild.add("ada", "ben")
    await follows_guild(guild, dan)
    await ask(guild, ada, dan)

    assert await refusal(guild, ben, dan) == "they have a question open"
    assert await refusal(guild, ada, dan) == OPEN


async def test_a_no_looks_like_silence_to_who_asked(guild, dan):
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)
    await guild.send()

    await answer(guild, dan, made, "No!")

    assert await guild.state_of(made.offer.id) is OfferState.DECLINED
    assert await refusal(guild, ada, dan) == OPEN
    await guild.keep_up(days=30)
    assert await refusal(guild, ada, dan) == "not published; ask again after 90 days"
    [delete] = await guild.sent(dan, "Delete")
    assert delete["object"]["id"] == made.offer.question_id


async def test_three_questions_a_year_reach_a_person(guild, dan):
    askers = await guild.add("ada", "ben", "carl", "dora")
    await follows_guild(guild, dan)
    for asker in askers[:3]:
        await answer(guild, dan, await ask(guild, asker, dan), "no")
        guild.clock.forward(days=1)

    assert await refusal(guild, askers[3], dan) == "they were asked enough this year"
    guild.clock.forward(days=365)
    assert await refusal(guild, askers[3], dan) is None


async def test_an_endorser_asks_two_people_a_day(guild, peer):
    [ada] = await guild.add("ada")
    people = [peer.add_actor(f"person{number}") for number in range(3)]
    for person in people:
        await follows_guild(guild, person)
    for person in people[:2]:
        await ask(guild, ada, person)

    assert await refusal(guild, ada, people[2]) == "you asked enough for today"
    guild.clock.forward(days=1)
    assert await refusal(guild, ada, people[2]) is None


async def test_ten_questions_a_day_go_to_one_host_and_twenty_leave_the_guild(guild, peer, stranger):
    askers = await guild.add(*["asker"] * 11)
    here = [peer.add_actor(f"here{number}") for number in range(11)]
    there = [stranger.add_actor(f"there{number}") for number in range(11)]
    for person in (*here, *there):
        await follows_guild(guild, person)
    for asker, person in zip(askers, here[:10], strict=False):
        await ask(guild, asker, person)

    assert await refusal(guild, askers[10], here[10]) == "their host was asked enough today"
    for asker, person in zip(askers, there[:10], strict=False):
        await ask(guild, asker, person)
    assert await refusal(guild, askers[10], there[10]) == "the guild asked enough for today"


async def test_yes_publishes_on_the_guilds_word_and_the_reply_is_not_kept(guild, dan):
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)

    reply_id, _reason = await answer(guild, dan, made, "YES 🎉")

    assert await guild.state_of(made.offer.id) is OfferState.PUBLISHED
    assert await guild.shows(made.offer.note_id)
    [stamp] = await guild.rows("select * from stamps where note_id = :id", id=made.offer.note_id)
    assert stamp["actor_id"] == guild.guild_id
    assert reply_id in str(stamp["body"])
    assert await guild.rows("select * from notes where id = :id", id=reply_id) == []
    again = await answer(guild, dan, made, "yes")
    assert again[1] == "answers a question that is published"


@pytest.mark.parametrize("text", ["yes, but without my name", "yes no", "ja!", "👍", ""])
async def test_what_is_no_answer_is_explained_once(guild, dan, text):
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)

    first = await answer(guild, dan, made, text or "…")
    second = await answer(guild, dan, made, "what is this")

    assert first[1] is None
    assert second[1] == "is no answer, and what counts was explained before"
    explained = [
        each
        for each in await guild.sent(dan, "Create")
        if each["object"].get("inReplyTo") == made.offer.question_id
    ]
    assert len(explained) == 1
    assert await guild.state_of(made.offer.id) is OfferState.WAITING
    await answer(guild, dan, made, "yes")
    assert await guild.shows(made.offer.note_id)
    assert (await answer(guild, dan, made, "hm"))[1] is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"attachment": [{"type": "Document", "url": "https://elsewhere.example/x.png"}]},
        {"quoteUrl": "https://elsewhere.example/notes/1"},
    ],
    ids=["with a picture", "with a quote"],
)
async def test_a_yes_with_something_beside_it_is_no_answer(guild, dan, changes):
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)

    await answer(guild, dan, made, "yes", **changes)

    assert await guild.state_of(made.offer.id) is OfferState.WAITING
    assert not await guild.shows(made.offer.note_id)


async def test_anybody_elses_yes_is_an_ordinary_reply(guild, peer, dan):
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)
    eve = peer.add_actor("eve")

    await answer(guild, eve, made, "yes")

    assert await guild.state_of(made.offer.id) is OfferState.WAITING


async def test_a_yes_that_another_server_forwards_is_no_answer(guild, stranger, dan):
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)
    reply = reply_to(guild, dan, made, "yes")
    serve_note(dan.peer, reply)
    create = dan.activity("Create", reply, to=reply["to"])

    said = await guild.hear(dan, create, signer=stranger.add_actor("relay"))

    assert said == "an answer counts only when its author's own server delivers it"
    assert await guild.state_of(made.offer.id) is OfferState.WAITING


async def test_stop_ends_all_asking_whoever_asks(guild, dan):
    ada, ben = await guild.add("ada", "ben")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)

    await answer(guild, dan, made, "stop")

    assert await guild.state_of(made.offer.id) is OfferState.DECLINED
    for asker in (ada, ben):
        assert await refusal(guild, asker, dan) == "this person does not want to be asked"
    guild.clock.forward(days=2_000)
    assert await refusal(guild, ben, dan) == "this person does not want to be asked"


@pytest.mark.parametrize("word", ["withdraw", "no", "stop"])
async def test_a_yes_is_taken_back_by_a_word(guild, dan, word):
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)
    await answer(guild, dan, made, "yes")

    await answer(guild, dan, made, word)

    assert await guild.state_of(made.offer.id) is OfferState.WITHDRAWN
    assert await guild.endorsement(made.offer.note_id) is None
    [stamp] = await guild.rows("select * from stamps where note_id = :id", id=made.offer.note_id)
    assert stamp["withdrawn_at"] is not None


async def test_withdraw_before_a_yes_changes_nothing(guild, dan):
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)

    _id, said = await answer(guild, dan, made, "withdraw")

    assert said == "withdraws what is not published"


@pytest.mark.parametrize("how", ["edit", "deletion"])
async def test_a_yes_is_taken_back_by_what_becomes_of_its_reply(guild, dan, how):
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)
    reply_id, _reason = await answer(guild, dan, made, "yes")
    still = reply_to(guild, dan, made, "yes", id=reply_id, updated="2035-01-01T00:00:00Z")
    said = await guild.hear(dan, dan.activity("Update", still, to=still["to"]))
    assert said == "still says yes"

    if how == "edit":
        edited = reply_to(guild, dan, made, "not any more", id=reply_id)
        await guild.hear(dan, dan.activity("Update", edited, to=edited["to"]))
    else:
        await guild.hear(dan, dan.activity("Delete", {"id": reply_id, "type": "Tombstone"}))

    assert await guild.state_of(made.offer.id) is OfferState.WITHDRAWN
    assert await guild.endorsement(made.offer.note_id) is None


async def test_an_edit_never_gives_a_yes(guild, dan):
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)
    reply_id, _reason = await answer(guild, dan, made, "who are you")

    edited = reply_to(guild, dan, made, "yes", id=reply_id, updated="2035-01-01T00:00:00Z")
    await guild.hear(dan, dan.activity("Update", edited, to=edited["to"]))

    assert not await guild.shows(made.offer.note_id)


async def test_an_expired_question_is_deleted_and_answered_no_more(guild, dan):
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)
    await guild.send()

    await guild.keep_up(days=30)
    _id, said = await answer(guild, dan, made, "yes")

    assert said == "answers a question that is expired"
    [delete] = await guild.sent(dan, "Delete")
    assert delete["object"]["id"] == made.offer.question_id
    assert not await guild.shows(made.offer.note_id)


async def test_a_question_taken_back_is_deleted(guild, dan):
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)
    await guild.send()

    await endorsements.withdraw(guild.federation, ada, made.offer.note_id)

    [delete] = await guild.sent(dan, "Delete")
    assert delete["object"]["id"] == made.offer.question_id
    assert await guild.state_of(made.offer.id) is OfferState.RETRACTED


async def test_a_question_taken_back_before_it_left_is_never_asked(guild, dan):
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)

    await endorsements.withdraw(guild.federation, ada, made.offer.note_id)

    assert await guild.sent(dan, "Create") == []
    assert await guild.sent(dan, "Delete") == []


@pytest.mark.parametrize("days", [89, 91])
async def test_who_wrote_privately_within_ninety_days_is_asked_in_reply(guild, dan, days):
    [ada] = await guild.add("ada")
    message = {
        "id": f"{dan.peer.origin}/notes/{dan.peer.next_number()}",
        "type": "Note",
        "attributedTo": dan.id,
        "content": "<p>Thank you for the barn.</p>",
        "published": guild.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "to": [guild.id(ada)],
        "tag": [{"type": "Mention", "href": guild.id(ada), "name": guild.handle(ada)}],
    }
    await guild.hear(dan, dan.activity("Create", message, to=[guild.id(ada)]), to=ada)
    guild.clock.forward(days=days)

    made = await ask(guild, ada, dan)

    assert (made.way is OfferWay.QUESTION) == (days < 90)
    asked = [create["object"].get("inReplyTo") for create in await guild.sent(dan, "Create")]
    assert asked == ([message["id"]] if days < 90 else [])
