"""Forms: what a browser posts, read within bounds, and the fields that pages are made of.

Pages declare WTForms' forms; `templates/forms.html` shows them. An error of ours that names a field
becomes that field's error, in words for people; text is cleaned as it comes in, before anything is
judged by its length (HT-02, HT-09).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import hdrs, web
from multidict import MultiDict
from wtforms import Form, PasswordField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # younger than the stubs
from wtforms.fields.core import Field
from wtforms.validators import InputRequired

from fedirec.errors import InvalidInputError, UnsupportedMediaTypeError
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import gettext, later
from fedirec.web.requests import read_body

URL_ENCODED: Final = "application/x-www-form-urlencoded"
_MAX_FIELDS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that came with a form."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What a form brought: its texts by field, in order, and its files."""

    fields: MultiDict[str]
    files: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return the first text of a field, or nothing."""
        return self.fields.get(name, "")


async def read_form(request: web.Request) -> Posted:
    """Return an url-encoded form.

    Raises UnsupportedMediaTypeError for another type, TooLargeError, and InvalidInputError for what
    is no text: bytes that are not UTF-8, or a NUL, which no database keeps.
    """
    kind = request.headers.get(hdrs.CONTENT_TYPE, "").partition(";")[0].strip().lower()
    if kind != URL_ENCODED or hdrs.CONTENT_ENCODING in request.headers:
        message = f"expected a form as {URL_ENCODED}, found {kind!r}"
        raise UnsupportedMediaTypeError(message)
    body = await read_body(request, request.app[FEDERATION].limits)
    try:
        pairs = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as error:
        message = "expected a form of a few fields, in UTF-8"
        raise InvalidInputError(message) from error
    return Posted(fields=MultiDict((name, checked_text(text)) for name, text in pairs))


def checked_text(text: str) -> str:
    """Return a posted text with one kind of line end; raise InvalidInputError for NUL (HT-09)."""
    if "\x00" in text:
        message = "expected text, found a NUL"
        raise InvalidInputError(message)
    return text.replace("\r\n", "\n").replace("\r", "\n")


class PageForm(Form):
    """A form of a page; its fields' labels and hints are said in the reader's language."""

    def blame(self, error: InvalidInputError, *, otherwise: str) -> None:
        """Put an error of ours at the field it names, else at the field called `otherwise`."""
        name = error.field if error.field in self._fields else otherwise
        blamed: Field = self[name]
        blamed.errors = [*blamed.errors, gettext("This cannot stay as it is: %(why)s", why=error)]

    def faults(self) -> Iterator[tuple[Field, str]]:
        """Yield every field that is wrong with what is wrong, for the summary on top."""
        for each in self:
            for error in each.errors:
                yield each, str(error)


def form_of(kind: type[Any], posted: Posted | None, **begun: object) -> Any:  # noqa: ANN401 - as made
    """Return a form of `kind`, filled with what was posted, else with what it begins with."""
    return kind(posted.fields if posted is not None else None, data=begun)


def choices(*pairs: tuple[str, str]) -> Any:  # noqa: ANN401 - the stubs know none of its classes
    """Return the choices of a field from values and their words, said when they are shown."""
    return [SelectChoice(value, words) for value, words in pairs]


class SignInForm(PageForm):
    """What signing in takes; also on the page that holds a form which came too late."""

    name = StringField(
        later("Name"),
        [InputRequired(later("Your name here, such as ada."))],
        render_kw={"autocomplete": "username webauthn", "autocapitalize": "none"},
    )
    password = PasswordField(
        later("Password"),
        [InputRequired(later("Your password."))],
        render_kw={"autocomplete": "current-password"},
    )
