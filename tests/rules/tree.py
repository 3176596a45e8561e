"""The tree under judgment: which files it has, and what stands in them."""

import ast
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCE_SUFFIXES: Final = frozenset({".css", ".html", ".js", ".mjs", ".py", ".sh", ".sql", ".ts"})
# Captured from elsewhere, or made by a tool: not written here.
NOT_OURS: Final = ("tests/payloads/", "locks/", "fedirec/credentials/contexts/")


@cache
def files() -> tuple[str, ...]:
    """List every file of the project, tracked or about to be, by its path from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - any git
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return tuple(sorted(path for path in listed.stdout.splitlines() if (ROOT / path).is_file()))


def sources() -> list[str]:
    """List the files that people wrote here and that a machine runs."""
    return [
        path
        for path in files()
        if Path(path).suffix in SOURCE_SUFFIXES and not path.startswith(NOT_OURS)
    ]


def modules(*, under: str = "fedirec/") -> list[str]:
    """List the Python files under a folder."""
    return [path for path in files() if path.startswith(under) and path.endswith(".py")]


@cache
def text(path: str) -> str:
    """Return what stands in a file; bytes that are no text become replacement characters."""
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


@cache
def parsed(path: str) -> ast.Module:
    """Return the syntax tree of a Python file."""
    return ast.parse(text(path), filename=path)


def imported(tree: ast.AST) -> list[str]:
    """List what is imported anywhere in a tree: `aiohttp`, `urllib.parse.quote`, …"""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` for such an expression, its last name for another attribute, else nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return ""


def is_within(name: str, *packages: str) -> bool:
    """Whether a dotted name is one of the packages or something in them."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)
