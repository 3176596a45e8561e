"""The menu of whoever is signed in: where they can go, in the order of use."""

from typing import Final

from fedirec.web.languages import Later, later
from fedirec.web.viewers import Viewer

_MEMBERS: Final[tuple[tuple[str, Later], ...]] = (
    ("/home", later("Home")),
    ("/notifications", later("What you were told")),
    ("/endorse", later("Endorse somebody")),
    ("/offers", later("Endorsements to answer, and yours")),
    ("/ask", later("Ask for an endorsement")),
    ("/drafts", later("Drafts")),
    ("/jobs/new", later("Post work")),
    ("/network", later("Network")),
    ("/progress", later("What you sent")),
)
_OWN: Final = (("/settings", later("Settings")),)
_KEEPERS: Final[tuple[tuple[str, Later], ...]] = (("/admin", later("Keeping the guild")),)


def ways_of(viewer: Viewer | None) -> list[tuple[str, Later]]:
    """Return paths and words for the menu of a viewer; nothing for who is not signed in."""
    if viewer is None:
        return []
    own = (f"/@{viewer.name}", later("Your profile"))
    return [*_MEMBERS, own, *_OWN, *(_KEEPERS if viewer.is_keeper else ())]
