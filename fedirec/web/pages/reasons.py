"""Why somebody cannot be asked now, in words for the member who wanted to."""

from typing import Final

from fedirec.domain.actors import Actor
from fedirec.errors import FedirecError
from fedirec.web.languages import Later, gettext, later

_REASONS: Final[tuple[tuple[str, Later], ...]] = (
    ("does not want to be asked", later("They do not want to be asked. Nothing was sent.")),
    ("takes no endorsements", later("They take no endorsements. Nothing was sent.")),
    (
        "ask again after",
        later(
            "Something you wrote about them came to nothing lately, so they are left in peace"
            " for now. Your text can wait as a draft."
        ),
    ),
    (
        "an offer to this person is still open",
        later("Something else you wrote about them still waits for their answer."),
    ),
    (
        "too many of your offers are open",
        later("Much of what you wrote waits for an answer. Let some of it be answered first."),
    ),
    ("too many offers wait for them", later("Many wait for their answer already. Try it later.")),
    ("they have a question open", later("They are being asked about something else just now.")),
    ("they were asked enough", later("They were asked often enough this year.")),
    ("enough for today", later("That is enough asking for today. Your text can wait.")),
    ("was asked enough today", later("Their server was asked enough for today. Try it tomorrow.")),
    ("people today, which is enough", later("You asked enough people for today.")),
    ("days ago", later("You asked them in the last 30 days. There is no reminder.")),
    ("was withdrawn", later("It was withdrawn. Write a new one instead.")),
)


def reason_of(error: FedirecError, person: Actor) -> str:
    """Return why, in words."""
    said = str(error)
    for part, words in _REASONS:
        if part in said:
            return str(words)
    return gettext("%(name)s cannot be asked now. Nothing was sent.", name=person.handle)
