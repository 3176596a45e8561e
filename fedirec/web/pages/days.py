"""Days as people say them: the day of the week first, then the date."""

from datetime import datetime
from typing import Final

from fedirec.activitypub.phrasebook import phrases_in
from fedirec.activitypub.phrases import day_words
from fedirec.web.languages import later, spoken

_WEEK: Final = (
    later("Monday"),
    later("Tuesday"),
    later("Wednesday"),
    later("Thursday"),
    later("Friday"),
    later("Saturday"),
    later("Sunday"),
)


def day_of_week(instant: datetime) -> str:
    """Return `Tuesday, 1 December 2026`."""
    return f"{_WEEK[instant.weekday()]}, {day_words(instant.date(), phrases_in(spoken()))}"
