"""Structured fields (RFC 9651), read strictly: the dictionaries of RFC 9421 and RFC 9530."""

from collections.abc import Sequence
from typing import NoReturn, cast

import http_sf
from http_sf.types import BareItemType, ItemType

from fedirec.errors import InvalidInputError

Parameters = dict[str, BareItemType]
Member = tuple[BareItemType | list[ItemType], Parameters]
"""What stands under a key: a value or an inner list, and its parameters in order."""


def parse_dictionary(values: Sequence[str]) -> dict[str, Member]:
    """Read the values of one header as one dictionary.

    Raises:
        InvalidInputError: if they are not in the grammar, or a key or parameter comes twice.
    """
    try:
        members = http_sf.parse(
            ", ".join(values).encode("ascii"), tltype="dictionary", on_duplicate_key=_refuse_twice
        )
    except ValueError as error:  # also UnicodeEncodeError
        raise InvalidInputError(f"expected a structured dictionary: {error}") from error
    return cast("dict[str, Member]", members)


def write_inner_list(items: Sequence[str], parameters: Parameters) -> str:
    """Write strings as an inner list with its parameters: `("@method" "date");created=1`."""
    inner_list = (cast("list[ItemType]", list(items)), parameters)
    return http_sf.ser([inner_list])


def _refuse_twice(name: str, context: str) -> NoReturn:
    raise InvalidInputError(f"{context} {name!r} twice")
