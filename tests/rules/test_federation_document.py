"""FEDERATION.md and the registry say the same, and together they know every type of activity."""

import re
from pathlib import Path

from fedirec.activitypub.vocabulary import ActivityType
from fedirec.federation.registry import HANDLERS, IGNORED

DOCUMENT = (Path(__file__).parents[2] / "FEDERATION.md").read_text()


def _table(marker: str) -> dict[str, str]:
    """Return the rows after a marker: every type in the first column, with its second column."""
    lines = DOCUMENT.split(f"<!-- {marker} -->")[1].strip().splitlines()[2:]
    rows = {}
    for line in lines:
        if not line.startswith("|"):
            break
        first, second = (cell.strip() for cell in line.strip("|").split("|", 1))
        rows.update(dict.fromkeys(re.findall(r"`(\w+)`", first), second))
    return rows


def test_every_handled_type_is_documented_and_the_reverse():
    handled = {kind.value for kind, _object_kind in HANDLERS}

    assert set(_table("handled")) == handled


def test_every_ignored_type_is_documented_with_its_reason():
    assert _table("ignored") == {kind.value: reason for kind, reason in IGNORED.items()}


def test_every_type_of_the_vocabulary_is_handled_or_ignored_and_never_both():
    handled = {kind for kind, _object_kind in HANDLERS}

    assert handled | set(IGNORED) == set(ActivityType)
    assert not handled & set(IGNORED)
