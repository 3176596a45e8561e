"""A handle or an address names a person or a public post; nothing else is shown, or kept."""

from typing import Any

import pytest

from fedirec.community.looking_up import look_up
from fedirec.domain.public import PUBLIC
from fedirec.errors import InvalidInputError, NotFoundError, RemoteError
from tests.federation.receiving.door import serve_note

pytestmark = pytest.mark.asyncio(loop_scope="module")


def post_by(actor, **changes: Any) -> dict[str, Any]:
    """A post by somebody elsewhere."""
    return {
        "id": f"{actor.peer.origin}/notes/{actor.peer.next_number()}",
        "type": "Note",
        "attributedTo": actor.id,
        "to": [PUBLIC],
        "content": "<p>Raised the frame today.</p><script>owned()</script>",
    } | changes


async def test_a_person_is_found_by_handle_and_by_address(guild, bea):
    for asked in (bea.handle, bea.id):
        found = await look_up(guild.federation, asked)
        assert (found.actor.id, found.note) == (bea.id, None)


async def test_one_of_ours_is_found_by_the_address_of_their_page(guild):
    [ada] = await guild.add("ada")

    found = await look_up(guild.federation, f"{guild.federation.instance.origin}/@{ada}")

    assert found.actor.id == guild.id(ada)


async def test_a_public_post_is_shown_clean_and_not_kept(guild, bea):
    post_id = serve_note(bea.peer, post_by(bea))

    found = await look_up(guild.federation, post_id)

    assert found.actor.id == bea.id
    assert found.note is not None
    assert found.note.content == "<p>Raised the frame today.</p>"
    assert await guild.rows("select id from notes where id = :id", id=post_id) == []


@pytest.mark.rule("AC-08")
@pytest.mark.parametrize(
    "changes",
    [
        {"to": ["https://peer.example/followers"]},
        {"attributedTo": "https://elsewhere.example/users/x"},
        {"type": "Like", "object": "https://elsewhere.example/1"},
    ],
)
async def test_what_is_not_for_all_or_not_by_its_author_is_not_shown(guild, bea, changes):
    post_id = serve_note(bea.peer, post_by(bea, **changes))

    with pytest.raises((NotFoundError, RemoteError)):
        await look_up(guild.federation, post_id)


@pytest.mark.parametrize("asked", ["nonsense", "ftp://x.example/1", "https://", "http://[", "@@"])
async def test_what_is_neither_is_refused(guild, asked):
    with pytest.raises(InvalidInputError):
        await look_up(guild.federation, asked)


async def test_an_address_of_ours_that_is_nobodys_is_not_asked_for(guild):
    with pytest.raises(NotFoundError):
        await look_up(guild.federation, f"{guild.federation.instance.origin}/jobs")
