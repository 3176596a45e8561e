"""The catalogues fit what the pages say; what they lack reads English, and is counted here."""

import re
from collections.abc import Sequence

import pytest

from fedirec.web.languages import ENGLISH, LANGUAGES, gettext, ngettext, speaking
from tests.rules.messages import read_catalogue, read_messages

OTHERS = [language for language in LANGUAGES if language != ENGLISH]
ON_EVERY_PAGE = {"templates/layout.html", "templates/macros.html"}
_PARTS = re.compile(r"%\((\w+)\)[sd]")


def said(text: str | Sequence[str] | None) -> tuple[str, ...]:
    """The forms of a message, one for most."""
    if text is None:
        return ("",)
    return (text,) if isinstance(text, str) else tuple(text)


@pytest.mark.parametrize("language", OTHERS)
def test_every_translation_names_the_same_parts(language):
    for message in read_catalogue(language):
        if message.id and any(said(message.string)):
            wanted = set(_PARTS.findall(" ".join(said(message.id))))
            for form in said(message.string):
                parts = set(_PARTS.findall(form))
                # one may be said in a word
                assert wanted - {"num"} <= parts <= wanted, (message.id, form)


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_holds_what_is_said_now_and_nothing_else(language):
    now = {message.id for message in read_messages() if message.id}

    assert {message.id for message in read_catalogue(language) if message.id} == now, (
        "run python -m tests.rules.messages"
    )


@pytest.mark.parametrize("language", OTHERS)
def test_what_stands_on_every_page_is_translated(language):
    for message in read_messages():
        files = {path for path, _ in message.locations}
        if message.id and files & ON_EVERY_PAGE:
            found = read_catalogue(language).get(message.id)
            assert found is not None
            assert all(said(found.string)), message.id


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_missing_is_told(language):
    missing = [m.id for m in read_catalogue(language) if m.id and not all(said(m.string))]

    print(f"{language}: {len(missing)} messages read English")  # noqa: T201 - shown by pytest -rP

    assert len(missing) < len(list(read_messages()))


def test_a_catalogue_is_spoken():
    with speaking("de"):
        assert gettext("Job notes") == "Arbeitsnotizen"
        assert ngettext("closes tomorrow", "closes in %(num)s days", 3) == "schließt in 3 Tagen"
    with speaking("cs"):
        assert ngettext("closes tomorrow", "closes in %(num)s days", 3) == "končí za 3 dny"
        assert ngettext("closes tomorrow", "closes in %(num)s days", 5) == "končí za 5 dní"
    with speaking("fr"):
        assert gettext("nobody translated this") == "nobody translated this"
