"""What a member calls the browser that a session is in, such as `Firefox on Linux`. Pure.

Only for the member's own list of sessions: nothing is decided by it, and no more of it is kept.
"""

from typing import Final

# In this order: most browsers also claim to be one that stands further down.
_BROWSERS: Final = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Vivaldi/", "Vivaldi"), ("SamsungBrowser/", "Samsung"),
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"), ("curl/", "curl"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"),
    ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"), ("BSD", "BSD"),
)  # fmt: skip


def browser_label(user_agent: str | None) -> str:
    """Return a few words for a User-Agent field; `A browser` for one that is not known."""
    text = user_agent or ""
    browser = next((name for mark, name in _BROWSERS if mark in text), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in text), None)
    return browser if system is None else f"{browser} on {system}"
