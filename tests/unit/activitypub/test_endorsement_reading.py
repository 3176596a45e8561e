"""Endorsements as they are read: in full, or refused with the field named."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.activitypub.endorsements import (
    parse_draft,
    parse_endorsement,
    why_not_endorsement,
)
from fedirec.activitypub.notes import parse_note
from fedirec.domain.endorsements import (
    EndorsementDraft,
    Evidence,
    Period,
    Relation,
    ShownTo,
    Skill,
)
from fedirec.errors import InvalidInputError
from tests.unit.activitypub.samples import (
    BEA,
    CAROL,
    FOLLOWERS,
    GUILD,
    LIMITS,
    NOW,
    ROOF,
    STAMP_ID,
    changed,
    offered,
    payload,
    with_member,
)


def test_an_endorsement_is_read_in_full():
    endorsement = parse_endorsement(
        payload("fedirec/endorsement_create.json")["object"], limits=LIMITS
    )

    assert endorsement.endorsed == BEA.id
    assert endorsement.relation is Relation.WORKED_WITH
    assert endorsement.period == ROOF.period
    assert endorsement.skills == ROOF.skills
    assert endorsement.evidence == ROOF.evidence
    assert endorsement.setting == ROOF.setting
    assert endorsement.shown_to is ShownTo.PUBLIC
    assert endorsement.consent == STAMP_ID
    assert endorsement.credential == "https://guild.example/credentials/01K9ZV8A2C5E8G1J4K7M0P3R6T"


def test_an_endorsement_without_skills_and_evidence_is_one():
    note = payload("fedirec/endorsement_create_on_behalf.json")["object"]

    endorsement = parse_endorsement(note, limits=LIMITS)

    assert (endorsement.skills, endorsement.evidence, endorsement.setting) == ((), (), None)
    assert (
        why_not_endorsement(note, followers=FOLLOWERS, guild=GUILD.guild_id, limits=LIMITS) is None
    )


lines = (
    st.text(
        st.characters(
            categories=["L", "N", "P", "Zs"], exclude_characters="\u115f\u1160\u3164\uffa0"
        ),
        min_size=1,
        max_size=40,
    )
    .map(lambda text: " ".join(text.split()))
    .filter(str.strip)
)
clean_lines = lines.filter(lambda text: unicodedata.is_normalized("NFC", text))
drafts = st.builds(
    EndorsementDraft,
    words=st.text("abc <>&\"'\n.é", min_size=40, max_size=300).filter(
        lambda text: len("".join(text.split())) >= 40
    ),
    relation=st.sampled_from(Relation),
    period=st.sampled_from(
        [
            Period(start="2024"),
            Period(start="2024-03", end="2025-01"),
            Period(start="2024-03-18", end="2024-03-18"),
        ]
    ),
    skills=st.lists(
        st.builds(
            Skill, name=clean_lines, same_as=st.none() | st.just("https://esco.example/skill/1")
        ),
        max_size=8,
        unique_by=lambda skill: skill.name.casefold(),
    ).map(tuple),
    evidence=st.lists(
        st.builds(
            Evidence,
            href=st.just("https://hall.example/x"),
            name=clean_lines,
            media_type=st.none() | st.just("text/html"),
            seen=st.none() | st.just(NOW),
            digest=st.none() | st.just("uEiA"),
        ),
        max_size=8,
    ).map(tuple),
    setting=st.none() | clean_lines,
    shown_to=st.sampled_from(ShownTo),
    language=st.sampled_from(["en", "de", "pt-BR", "ar"]),
)


@given(drafts)
def test_what_is_offered_is_read_as_what_was_meant(draft):
    note = offered(draft)

    endorsement = parse_endorsement(note, limits=LIMITS)

    for member in ("relation", "period", "skills", "evidence", "setting", "shown_to"):
        assert getattr(endorsement, member) == getattr(draft, member)
    assert endorsement.consent is None
    assert (
        why_not_endorsement(note, followers=FOLLOWERS, guild=GUILD.guild_id, limits=LIMITS) is None
    )
    assert parse_note(note, limits=LIMITS).mentions == (BEA.id,)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"type": "Badge"}, "type"),
        ({"type": ...}, "type"),
        ({"endorsed": ...}, "endorsed"),
        ({"endorsed": "bea"}, "endorsed"),
        ({"endorsed": CAROL.id}, "endorsed"),
        ({"relation": ...}, "relation"),
        ({"relation": "admires"}, "relation"),
        ({"relation": ["workedWith"]}, "relation"),
        ({"period": ...}, "period"),
        ({"period": "2024"}, "period"),
        ({"period": {"until": "2024"}}, "period"),
        ({"period": {"from": "2024-13"}}, "period"),
        ({"period": {"from": "2024", "until": "2023"}}, "period"),
        ({"period": {"from": "2024", "until": 2025}}, "period"),
        ({"skill": [{"name": str(number)} for number in range(9)]}, "skill"),
        ({"skill": ["joinery"]}, "skill"),
        ({"skill": [{"name": "x" * 101}]}, "skill"),
        ({"skill": [{"name": "a"}, {"name": "A"}]}, "skill"),
        ({"skill": [{"name": "\u200b"}]}, "skill"),
        ({"evidence": [{"href": "https://a.example", "name": "x"}] * 9}, "evidence"),
        ({"evidence": ["https://a.example"]}, "evidence"),
        ({"evidence": [{"href": "javascript:x", "name": "x"}]}, "evidence"),
        ({"evidence": [{"href": "https://a.example"}]}, "evidence"),
        ({"shownTo": ...}, "shownTo"),
        ({"shownTo": "everyone"}, "shownTo"),
    ],
)
def test_a_bad_shape_is_refused_with_the_field_named(members, field):
    with pytest.raises(InvalidInputError) as refusal:
        parse_endorsement(with_member(**members), limits=LIMITS)

    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"content": "<p>Good.</p>"}, "words"),
        ({"content": ...}, "words"),
        ({"content": "<p>" + "<br>" * 40 + "</p>"}, "words"),
        ({"attributedTo": ...}, "endorsed"),
        ({"endorsement": "yes"}, "endorsement"),
    ],
)
def test_a_note_without_words_or_author_endorses_nobody(change, field):
    with pytest.raises(InvalidInputError) as refusal:
        parse_endorsement(changed(offered(), **change), limits=LIMITS)

    assert refusal.value.field == field


def test_a_recognition_names_its_definition_and_decision():
    note = with_member(
        type="Recognition",
        definition="https://guild.example/recognitions/joiner/1",
        decision="https://guild.example/notes/1",
    )

    endorsement = parse_endorsement(note, limits=LIMITS)

    assert endorsement.definition == "https://guild.example/recognitions/joiner/1"
    assert endorsement.decision == "https://guild.example/notes/1"


def test_a_draft_of_a_members_own_client_is_read():
    note = {
        "type": "Note",
        "content": "<p>She cut &amp; fitted every joint of the frame.</p><p>Gladly again.</p>",
        "contentMap": {"de": "…"},
        "endorsement": with_member()["endorsement"],
    }

    endorsed, draft = parse_draft(note, limits=LIMITS)

    assert endorsed == BEA.id
    assert draft.words == "She cut & fitted every joint of the frame.\nGladly again."
    assert (draft.language, draft.skills, draft.setting) == ("de", ROOF.skills, ROOF.setting)
