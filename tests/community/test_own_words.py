"""Lines about oneself become fields with links, and what was typed can be typed on."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fedirec.activitypub.content import clean_html, paragraphs
from fedirec.activitypub.identifiers import Instance
from fedirec.activitypub.job_notes import render_job_note
from fedirec.community.own_words import own_fields, words_as_typed, words_of_job
from fedirec.domain.actors import Host
from fedirec.domain.endorsements import Skill
from fedirec.domain.job_notes import JobDraft, Pay, PayPer
from fedirec.errors import InvalidInputError
from tests.storage.samples import an_actor

TYPED = "Two weeks & a day.\n\nSee https://hall.example/plans?a=1&b=2 <first>.\nBring chisels."
HERE = Instance(domain=Host("guild.example"), host=Host("guild.example"))


def test_an_address_becomes_a_link_that_says_whose_it_is():
    [site, trade] = own_fields([("Site", " https://ada.example/a?b&c "), ("Trade", "oak <b>")])

    assert (
        'href="https://ada.example/a?b&amp;c" rel="me nofollow noopener noreferrer"' in site.value
    )
    assert trade.value == "oak &lt;b&gt;"


@pytest.mark.parametrize("value", ["javascript:alert(1)", "data:text/html,x", "//evil.example"])
def test_what_is_no_web_address_is_text(value):
    [field] = own_fields([("Site", value)])

    assert "<a" not in field.value


@pytest.mark.parametrize("lines", [[("", "x")], [(str(number), "x") for number in range(5)]])
def test_a_line_has_a_name_and_there_are_four(lines):
    with pytest.raises(InvalidInputError) as error:
        own_fields(lines)

    assert error.value.field == "fields"


def test_empty_lines_are_left_out():
    assert own_fields([("Site", " "), ("", "")]) == ()


def test_words_come_back_as_they_were_typed():
    assert words_as_typed(clean_html(paragraphs(TYPED))) == TYPED


def test_the_words_of_a_job_note_come_back_as_they_were_typed():
    now = datetime(2026, 11, 1, tzinfo=UTC)
    draft = JobDraft(
        title="Joiner & framer",
        words=TYPED,
        pay=Pay(minimum=Decimal(1), maximum=Decimal(2), currency="EUR", per=PayPer.DAY),
        closes_at=now,
        contact="https://guild.example/users/ada",
        skills=(Skill(name="oak"),),
    )
    note = render_job_note(
        instance=HERE, id="https://guild.example/jobs/1", actor=an_actor("ada"), draft=draft,
        published=now,
    )  # fmt: skip

    assert words_of_job(clean_html(str(note["content"]))) == TYPED
