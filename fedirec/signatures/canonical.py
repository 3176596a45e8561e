"""The JSON Canonicalization Scheme (RFC 8785): one document, one spelling, hence one digest."""

from typing import TypeAlias

import rfc8785

from fedirec.errors import InvalidInputError

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
"""The same as `activitypub.documents.Json`, which this room, further down, may not import."""


def canonicalize(document: Json) -> bytes:
    """Return the canonical form of a JSON value, in UTF-8.

    Raises:
        InvalidInputError: for what has none: NaN, infinities, integers beyond ±(2^53 - 1), lone
            surrogates, what is not JSON, and nesting beyond reason.
    """
    try:
        return rfc8785.dumps(document)
    except (ValueError, RecursionError) as error:  # also UnicodeEncodeError, for a key
        raise InvalidInputError(f"no canonical form: {type(error).__name__}") from error
