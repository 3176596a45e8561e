"""One place each for comparing origins, for trusting HTML and for SQL."""

import ast
import re

import pytest

from tests.rules import tree

URL_NAME = re.compile(
    r"(?:^|_)(?:url|uri|iri|href|host|hostname|domain|origin|inbox"
    r"|(?:actor|activity|object|key|note|owner|signer|endorser|endorsed)_id)s?$"
)
SQL = re.compile(
    r"\b(?:select\s[^;]+\sfrom\s+\w|insert\s+into\s+\w|update\s+\w+\s+set\s|delete\s+from\s+\w"
    r"|(?:create|alter|drop)\s+table\s|begin\s+immediate|pragma\s+\w+)",
)
MAY_COMPARE = {
    "fedirec/activitypub/documents.py",  # sorts out what has no web scheme; compares no hosts
    "fedirec/domain/origins.py",  # the one judge
    "fedirec/storage/opening.py",  # tells databases apart by their URL
}
MAY_TRUST_HTML = {"fedirec/activitypub/content.py", "fedirec/web/templating.py"}


@pytest.mark.rule("OR-12")
def test_nothing_is_compared_with_a_url_by_its_beginning_or_end():
    compared = [
        f"{path}:{node.lineno}: {ast.unparse(node)}"
        for path in tree.modules()
        if path not in MAY_COMPARE
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.Call) and is_url_comparison(node)
    ]

    assert compared == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("text.startswith('https://')", True),
        ("text.startswith(('http:', 'https:'))", True),
        ("actor.host.endswith('.example')", True),
        ("object_id.startswith(origin)", True),
        ("reply.in_reply_to.startswith(f'{origin}/')", True),
        ("str(url).startswith(prefix)", True),
        ("path.startswith('/')", False),
        ("url.path.startswith('/users/')", False),
        ("host.removesuffix(':443')", False),
        ("name.endswith(']')", False),
    ],
)
def test_the_search_for_such_comparisons_finds_them(code, expected):
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)

    assert is_url_comparison(call) is expected


def is_url_comparison(call: ast.Call) -> bool:
    """Whether a call looks at the beginning or end of what seems to be a URL or a host."""
    if not isinstance(call.func, ast.Attribute) or not call.args:
        return False
    if call.func.attr not in {"startswith", "endswith"}:
        return False
    subject, wanted = tree.dotted(call.func.value), ast.unparse(call.args[0])
    named = subject.split(".")[-1] if subject else ast.unparse(call.func.value)
    words = re.split(r"\W+", f"{named} {wanted}")
    return "http" in wanted or any(URL_NAME.search(word) for word in words)


@pytest.mark.rule("HT-01", "HT-02")
def test_html_is_trusted_in_one_module_only():
    trusting = {
        path
        for path in tree.modules()
        if any(tree.is_within(name, "markupsafe") for name in tree.imported(tree.parsed(path)))
        or re.search(r"\bMarkup\b|__html__", tree.text(path))
    }

    assert trusting <= MAY_TRUST_HTML
    assert len(trusting) <= 1


@pytest.mark.rule("HT-01")
def test_no_template_switches_escaping_off():
    trusting = [
        f"{path}: {found.group()}"
        for path in tree.files()
        if path.startswith("templates/")
        for found in re.finditer(
            r"\|\s*safe\b|autoescape\s+false|\bMarkup\b", tree.text(path), re.IGNORECASE
        )
    ]

    assert trusting == []


@pytest.mark.rule("HT-01")
def test_escaping_is_on_wherever_templates_are_loaded():
    careless = [
        f"{path}:{node.lineno}"
        for path in tree.modules()
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.Call) and is_careless(node)
    ]

    assert careless == []


def is_careless(call: ast.Call) -> bool:
    """Whether a call makes templates that do not escape: it says so, or leaves it out."""
    said = [ast.unparse(keyword) for keyword in call.keywords if keyword.arg == "autoescape"]
    if tree.dotted(call.func) in {"jinja2.Environment", "jinja2.Template", "Environment"}:
        return said != ["autoescape=True"]
    return said not in ([], ["autoescape=True"])


def test_sql_stands_in_storage_only():
    stray = [
        f"{path}:{node.lineno}: {node.value[:60]!r}"
        for path in tree.modules()
        if not path.startswith("fedirec/storage/")
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    ]

    assert stray == []
