"""Files and functions stay small, and their names say what they hold."""

import ast
from itertools import pairwise
from pathlib import Path

import pytest

from tests.rules import tree

LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 40
EMPTY_NAMES = {
    "base", "common", "core", "data", "helper", "helpers", "info", "manager", "misc", "service",
    "services", "util", "utils",
}  # fmt: skip
BLIND_EXCEPT_ALLOWED = {
    "fedirec/cli/main.py",
    "fedirec/web/middleware.py",
    "fedirec/workers/loop.py",
}


def functions(module: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_no_source_file_is_longer_than_a_sitting():
    lengths = {path: len(tree.text(path).splitlines()) for path in tree.sources()}

    assert {path: count for path, count in lengths.items() if count > LINES_OF_A_FILE} == {}


def test_no_function_is_longer_than_a_page():
    lengths = {
        f"{path}:{function.lineno} {function.name}": function.end_lineno - function.lineno + 1
        for path in [*tree.modules(), *tree.modules(under="benchmarks/")]
        for function in functions(tree.parsed(path))
        if function.end_lineno is not None
    }

    assert {name: count for name, count in lengths.items() if count > LINES_OF_A_FUNCTION} == {}


def test_no_file_or_folder_has_a_name_that_says_nothing():
    empty = [
        path
        for path in tree.files()
        for part in Path(path).parts
        if part.split(".")[0].lower() in EMPTY_NAMES or part.startswith(("do_", "process_"))
    ]

    assert empty == []


def test_every_package_has_a_docstring_and_nothing_else():
    folders = {str(Path(path).parent) for path in tree.modules()}

    for folder in sorted(folders):
        package = tree.parsed(f"{folder}/__init__.py")
        assert ast.get_docstring(package), f"{folder} does not say what it holds"
        assert len(package.body) == 1, f"{folder}/__init__.py holds more than a docstring"


def test_unforeseen_errors_are_caught_in_three_places_only():
    blind = [
        f"{path}:{node.lineno}"
        for path in tree.modules()
        if path not in BLIND_EXCEPT_ALLOWED
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or tree.dotted(node.type) in {"Exception", "BaseException"})
        and not is_raised_again(node)
    ]

    assert blind == []


def is_raised_again(handler: ast.ExceptHandler) -> bool:
    """Whether a handler only cleans up, and then lets the error go on."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


@pytest.mark.parametrize("under", ["benchmarks/", "fedirec/", "tests/"])
def test_whoever_silences_the_type_checker_says_why(under):
    mark = "# type: " + "ignore"
    silenced = [
        f"{path}: {line.strip()}"
        for path in tree.modules(under=under)
        for above, line in pairwise(["", *tree.text(path).splitlines()])
        if mark in line
        and not above.strip().startswith("#")
        and not line.partition(mark)[2].partition("]")[2].strip(" #-")
    ]

    assert silenced == []
