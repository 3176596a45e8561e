"""Everything the pages say, read off templates and code; and `python -m tests.rules.messages`,
which brings the catalogues in fedirec/translations in step with it.
"""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from fedirec.web.languages import ENGLISH, LANGUAGES
from tests.rules import tree

FOLDER = tree.ROOT / "fedirec" / "translations"
_KEYWORDS = {"_": None, "gettext": None, "later": None, "ngettext": (1, 2)}
_JINJA = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}


def read_messages() -> Catalog:
    """Every message of templates and code, with the files that say it."""
    catalog = Catalog(project="fedirec", charset="utf-8")
    for path in sorted(tree.files()):
        for message in _messages_of(path):
            catalog.add(message, locations=[(path, 0)])
    return catalog


def read_catalogue(language: str) -> Catalog:
    """A language as it is translated now."""
    path = FOLDER / f"{language}.po"
    if not path.is_file():
        return Catalog(locale=language, project="fedirec")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def bring_in_step(language: str) -> Catalog:
    """Its catalogue with what is said now, and nothing that is said no more."""
    catalogue = read_catalogue(language)
    catalogue.update(read_messages(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def _messages_of(path: str) -> Iterator[str | tuple[str, ...]]:
    if path.startswith("templates/") and path.endswith(".html"):
        method, options = "jinja2.ext:babel_extract", _JINJA
    elif path.startswith("fedirec/") and path.endswith(".py"):
        method, options = "python", {}
    else:
        return
    found = extract_from_file(method, tree.ROOT / path, keywords=_KEYWORDS, options=options)
    for _, message, _, _ in found:
        yield message


def _write(path: Path, catalogue: Catalog) -> None:
    """Write a catalogue under a head without dates and names: git knows both."""
    language = path.stem
    head = (
        f"# What the pages say in {language}; `python -m tests.rules.messages` keeps it in step.\n"
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n'
        f'"Plural-Forms: {catalogue.plural_forms}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    )
    with path.open("wb") as file:
        file.write(head.encode())
        write_po(
            file, catalogue, width=100, omit_header=True, include_lineno=False, sort_output=True
        )


def main() -> None:
    """Write every catalogue anew."""
    FOLDER.mkdir(exist_ok=True)
    for language in LANGUAGES:
        if language != ENGLISH:
            _write(FOLDER / f"{language}.po", bring_in_step(language))


if __name__ == "__main__":
    main()
