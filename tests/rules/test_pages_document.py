"""The table of pages in docs/pages.md says what the doors are."""

import re

from fedirec.web.page_routes import DOORS
from tests.rules import tree
from tests.rules.test_documentation import without_patterns


def test_every_door_has_its_line_and_the_reverse():
    table = tree.text("docs/pages.md").split("<!-- doors -->")[1]

    told = re.findall(r"^\| `((?:GET|POST) [^`]*)` \| (\w+) \|", table, re.MULTILINE)

    there = [
        (f"{method} {without_patterns(door.path)}", door.role.value)
        for door in DOORS
        for method, handler in (("GET", door.show), ("POST", door.take))
        if handler is not None
    ]
    assert sorted(told) == sorted(there)
