"""The menu of whoever is signed in: where they can go, in the order of use."""

from typing import Final

from fedirec.web.languages import Later, later
from fedirec.web.viewers import Viewer

_MEMBERS: Final[tuple[tuple[str, Later], ...]] = (
    ("/network", later("Network")),
    ("/jobs/new", later("Post work")),
    ("/progress", later("What you sent")),
)
_OWN: Final = (("/settings", later("Settings")),)
_KEEPERS: Final[tuple[tuple[str, Later], ...]] = ()


def ways_of(viewer: Viewer | None) -> list[tuple[str, Later]]:
    """Return paths and words for the menu of a viewer; nothing for who is not signed in."""
    if viewer is None:
        return []
    own = (f"/@{viewer.name}", later("Your profile"))
    return [*_MEMBERS, own, *_OWN, *(_KEEPERS if viewer.is_keeper else ())]
