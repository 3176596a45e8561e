"""The payloads, and actors and drafts that agree with those of our own vocabulary."""

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from fedirec.activitypub.documents import Json, JsonObject
from fedirec.activitypub.endorsements import publishable_note, render_endorsement_note
from fedirec.activitypub.identifiers import Instance
from fedirec.domain.actors import Actor, ActorId, ActorKind, Host, InboxUrl
from fedirec.domain.audience import audience_for
from fedirec.domain.endorsements import EndorsementDraft, Evidence, Period, Relation, ShownTo, Skill
from fedirec.domain.limits import Limits

PAYLOADS: Final = Path(__file__).parents[2] / "payloads"
SOFTWARE: Final = (
    *("akkoma", "badgefed", "bookwyrm", "fedify", "fedirec", "gotosocial", "lemmy", "mastodon"),
    *("misskey", "relay", "takahe"),
)
NAMES: Final = sorted(
    path.relative_to(PAYLOADS).as_posix()
    for name in SOFTWARE
    for path in (PAYLOADS / name).glob("*.json")
)
LIMITS: Final = Limits()
NOW: Final = datetime(2026, 5, 4, 10, tzinfo=UTC)

GUILD: Final = Instance(domain=Host("guild.example"), host=Host("guild.example"))
NOTE_ID: Final = "https://guild.example/endorsements/01K9ZQ4T7M3V8N2C6X5B1D0FGH"


def payload(name: str) -> Any:
    """Return a fresh copy of a payload, as loosely typed as JSON is."""
    return json.loads((PAYLOADS / name).read_bytes())


def raw(name: str) -> bytes:
    """Return the bytes of a payload."""
    return (PAYLOADS / name).read_bytes()


def bytes_of(document: object) -> bytes:
    """Return a document as a peer would send it."""
    return json.dumps(document).encode()


def changed(document: Any, **members: object) -> Any:
    """Return a copy with these members set, or taken away where they are `...`."""
    copied = copy.deepcopy(document)
    for name, value in members.items():
        if value is ...:
            copied.pop(name, None)
        else:
            copied[name] = value
    return copied


def make_actor(name: str, host: str = "guild.example", display_name: str | None = None) -> Actor:
    """Return an actor of an instance of ours or of one like it."""
    actor_id = f"https://{host}/users/{name}"
    return Actor(
        id=ActorId(actor_id),
        kind=ActorKind.PERSON,
        is_local=host == "guild.example",
        host=Host(host),
        name=name,
        handle_domain=Host(host),
        display_name=display_name or name.capitalize(),
        summary="",
        url=f"https://{host}/@{name}",
        inbox=InboxUrl(f"{actor_id}/inbox"),
        outbox=f"{actor_id}/outbox",
        followers=f"{actor_id}/followers",
        following=f"{actor_id}/following",
        featured=f"{actor_id}/featured",
        shared_inbox=InboxUrl(f"https://{host}/inbox"),
        is_discoverable=True,
        published_at=datetime(2026, 1, 10, tzinfo=UTC),
    )


CAROL: Final = make_actor("carol")
BEA: Final = make_actor("bea", "weavers.example")
DAN: Final = replace(
    make_actor("dan", "mastodon.example"),
    id=ActorId("https://mastodon.example/ap/users/115000000000000001"),
)
GUILD_ACTOR: Final = replace(
    make_actor("guild", display_name="Guild of the Village Hall"), kind=ActorKind.GROUP
)

ROOF: Final = EndorsementDraft(
    words="She cut and fitted every joint of the frame, taught two of us as she went, and we were"
    " done a week early.",
    relation=Relation.WORKED_WITH,
    period=Period(start="2024-03", end="2024-09"),
    skills=(Skill(name="green-oak joinery"),),
    evidence=(
        Evidence(
            href="https://hall.example/diary/roof",
            name="Building diary, the roof",
            media_type="text/html",
            seen=datetime(2026, 5, 3, 18, 20, tzinfo=UTC),
        ),
    ),
    setting="restoration of the village hall",
)

FOLLOWERS: Final = str(CAROL.followers)
STAMP_ID: Final = "https://weavers.example/stamps/01K9ZV7P3H6J9K2M5N8Q1R4S7T"

JSON_VALUES: Final[st.SearchStrategy[Json]] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["https://guild.example/users/carol", "as:Public", "Note", "<p>hi</p>"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def offered(draft: EndorsementDraft = ROOF) -> Any:
    """Return a Note by Carol about Bea, as offered."""
    return render_endorsement_note(
        instance=GUILD, id=NOTE_ID, endorser=CAROL, endorsed=BEA, draft=draft, published=NOW
    )


def published(shown_to: ShownTo = ShownTo.PUBLIC) -> Any:
    """Return the same Note as it is published for this audience."""
    audience = audience_for(shown_to, followers=FOLLOWERS, endorsed=BEA.id, guild=GUILD.guild_id)
    return publishable_note(
        offered(replace(ROOF, shown_to=shown_to)),
        audience=audience,
        published=NOW,
        consent=STAMP_ID,
    )


def with_member(**members: object) -> Any:
    """Return the offered Note with these members of its endorsement changed."""
    note = offered()
    return changed(note, endorsement=changed(note["endorsement"], **members))


@st.composite
def mutated(draw: st.DrawFn, name: str) -> JsonObject:
    """Return a payload in which one to three members, at any depth, hold something else."""
    document = payload(name)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(_places(document)))
        key = draw(st.sampled_from(list(_keys(place))))
        place[key] = draw(JSON_VALUES)
    return document  # type: ignore[no-any-return]  # as loose as JSON is


def _keys(place: Any) -> list[Any]:
    return list(place) if isinstance(place, dict) else list(range(len(place)))


def _places(value: Any) -> list[Any]:
    """Return every object and list in a document that holds something."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    here = [value] if isinstance(value, dict | list) and value else []
    return [*here, *(place for item in inner for place in _places(item))]
