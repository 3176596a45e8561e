"""What forms that send something have in common: a key, so that a second press sends no twin."""

from typing import Final
from urllib.parse import quote

from aiohttp import web
from wtforms.fields.core import Field

from fedirec.errors import InvalidInputError
from fedirec.web.forms import PageForm, Posted
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import gettext

ONCE_FIELD: Final = "once"
_KEY_FIELD: Final = "Idempotency-Key"
_MOST: Final = 64


def new_key(request: web.Request) -> str:
    """Return a key for a form that is shown anew."""
    return request.app[FEDERATION].mint().ulid()


def kept_key(request: web.Request, posted: Posted) -> str:
    """Return the key that came with a form; a new one if none did, or no key of ours."""
    given = posted.text(ONCE_FIELD)
    is_ours = given.isascii() and given.isalnum() and len(given) <= _MOST
    return given if is_ours else new_key(request)


def page_key(key: str) -> str:
    """Return the idempotency key of a form's key: no program that has a token shares it."""
    return f"page:{key}"


def blame(form: PageForm, error: InvalidInputError, *, otherwise: str) -> None:
    """Put an error where it belongs; other words under a key that was used are said plainly."""
    if error.field == _KEY_FIELD:
        field = form[otherwise]
        said = gettext(
            "This form was sent before, with other words. What was sent then stands;"
            " to send this too, begin with an empty form."
        )
        field.errors = [*field.errors, said]
    else:
        form.blame(error, otherwise=otherwise)


def said(field: Field) -> str:
    """Return the text of a field, empty if there is none."""
    return str(field.data or "")


def progress_path(activity_id: str) -> str:
    """Return the page that says how far something sent has come."""
    return f"/progress/{quote(activity_id.rpartition('/')[2])}"


def path_of(request: web.Request, uri: str) -> str:
    """Return the path of something of ours."""
    return uri.removeprefix(request.app[FEDERATION].instance.origin) or "/"
