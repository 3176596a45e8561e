"""The rules that the project claims to keep (`claimed.txt`, which only grows) each have a test."""

import ast
import re
from functools import cache

import pytest

from tests.rules import tree

CLAIMED = "tests/rules/claimed.txt"


def claimed() -> list[str]:
    """List the ids in `claimed.txt`."""
    return tree.text(CLAIMED).split()


@cache
def borne() -> dict[str, str]:
    """Map each id that a test bears to the first file it stands in."""
    found: dict[str, str] = {}
    for path in tree.modules(under="tests/"):
        for node in ast.walk(tree.parsed(path)):
            if isinstance(node, ast.Call) and tree.dotted(node.func).endswith("mark.rule"):
                for argument in node.args:
                    found.setdefault(ast.literal_eval(argument), path)
    return found


def test_the_list_is_in_order_and_names_each_rule_once():
    assert claimed() == sorted(set(claimed()))
    assert [id_ for id_ in claimed() if not re.fullmatch(r"[A-Z]{2}-[0-9]{2}", id_)] == []


def test_every_rule_that_a_test_bears_is_claimed():
    assert {id_: path for id_, path in borne().items() if id_ not in claimed()} == {}


@pytest.mark.parametrize("id_", claimed())
def test_every_claimed_rule_has_a_test(id_):
    assert id_ in borne(), f"no test bears @pytest.mark.rule({id_!r})"
