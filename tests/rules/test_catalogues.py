"""The catalogues fit what the pages say; what they lack reads English, and is counted here."""

import re
from collections.abc import Sequence

import pytest

from fedirec.web.languages import ENGLISH, LANGUAGES, gettext, ngettext, speaking
from tests.rules.messages import read_catalogue, read_messages

OTHERS = [language for language in LANGUAGES if language != ENGLISH]
OF_VISITORS = {
    f"templates/{name}.html"
    for name in (
        "about", "context", "cv", "ego", "embed", "endorsement", "endorsements", "guild",
        "homeward", "interaction", "job", "jobs", "join", "language", "layout", "macros", "members",
        "note", "onward", "profile", "search", "sign_in", "stamp", "tag", "welcome",
    )
} | {"fedirec/web/pages/words.py"}  # fmt: skip
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
def test_what_visitors_read_is_translated(language):
    for message in read_messages():
        files = {path for path, _ in message.locations}
        if message.id and files & OF_VISITORS:
            found = read_catalogue(language).get(message.id)
            assert found is not None
            assert all(said(found.string)), message.id


@pytest.mark.parametrize("language", OTHERS)
def test_a_plural_has_all_its_forms_or_none(language):
    catalogue = read_catalogue(language)
    for message in catalogue:
        if isinstance(message.id, tuple):
            forms = said(message.string)
            assert len(forms) == catalogue.num_plurals, message.id
            assert all(forms) or not any(forms), message.id


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
        assert ngettext("closes tomorrow", "closes in %(num)s days", 3).startswith(
            "se termine dans"
        )
        assert gettext("nobody translated this") == "nobody translated this"
