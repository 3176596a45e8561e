"""Public: the address that everybody has (ActivityPub §5.6). Pure."""

from typing import Final

PUBLIC: Final = "https://www.w3.org/ns/activitystreams#Public"
"""The one spelling that we send."""

PUBLIC_SPELLINGS: Final = frozenset({PUBLIC, "as:Public", "Public"})
"""Every spelling that peers may use."""
