"""Invented people and words, to show components with; nothing of them is stored."""

from datetime import datetime, timedelta

from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # younger than the stubs

from fedirec.activitypub.identifiers import Instance
from fedirec.domain.actors import ActorId, ObjectId
from fedirec.storage.cards import EndorsementCard, Person
from fedirec.web.forms import PageForm
from fedirec.web.languages import later
from fedirec.web.pages.cards import EndorsementView, endorsement_view

_WORDS = (
    "<blockquote><p>Stayed two evenings after the course so that every joint closed.</p>"
    "</blockquote>"
)


class SampleForm(PageForm):
    """One field of each kind."""

    name = StringField(later("A field"), description=later("What is meant by it."))
    pick = SelectField(
        later("A choice from a list"),
        choices=[SelectChoice("one", later("One")), SelectChoice("two", later("Two"))],
    )
    kind = RadioField(
        later("A choice group"),
        choices=[SelectChoice("one", later("This one")), SelectChoice("two", later("That one"))],
        description=later("One of a few, all in sight."),
    )


def sample_person(name: str, display_name: str, host: str) -> Person:
    """Return somebody who is not here."""
    return Person(
        id=ActorId(f"https://{host}/users/{name}"),
        name=name,
        handle_domain=host,
        display_name=display_name,
        url=f"https://{host}/@{name}",
        kind="Person",
        is_local=False,
    )


def sample_card(instance: Instance, now: datetime) -> EndorsementView:
    """Return an endorsement that nobody said."""
    said_at = now - timedelta(days=9)
    card = EndorsementCard(
        note_id=ObjectId("https://school.example/endorsements/1"),
        url="https://school.example/endorsements/1",
        content=_WORDS,
        language="en",
        endorser=sample_person("robin", "Robin Wright", "school.example"),
        endorsed=sample_person("kim", "Kim Mason", "guild.example"),
        relation="taught",
        period_from="2026-05",
        period_until=None,
        setting="Oak Frame School, spring",
        skills=("teaching joinery",),
        evidence=(),
        consent_id=None,
        confirmed_at=said_at,
        published_at=said_at,
        updated_at=None,
    )
    return endorsement_view(card, instance)
