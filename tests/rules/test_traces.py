"""Nothing in the tree tells of the machine it was written on, or of where packages come from."""

import json
import re
from pathlib import Path

from tests.rules import tree

REGISTRIES = re.compile(
    r"\b(?:pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|yarnpkg\.com|crates\.io|proxy\.golang\.org)\b"
)
MACHINE_PATH = re.compile(r"(?<![\w.:{}/-])/(?:home|Users|root|work|workspace|builds)/\w[^\s\"'`]*")


def test_no_file_holds_a_path_of_somebodys_machine():
    paths = [
        f"{path}: {found.group()}"
        for path in tree.files()
        for found in MACHINE_PATH.finditer(tree.text(path))
    ]

    assert paths == []


def test_no_file_names_a_package_registry():
    named = [
        f"{path}: {found.group()}"
        for path in tree.files()
        for found in REGISTRIES.finditer(tree.text(path))
    ]

    assert named == []


def test_every_locked_python_package_has_a_hash_and_no_address():
    locks = [path for path in tree.files() if path.startswith("locks/") and path.endswith(".txt")]
    assert locks

    for path in locks:
        entries = tree.text(path).replace("\\\n", " ").splitlines()
        pinned = [line for line in entries if line.strip() and not line.strip().startswith("#")]
        assert pinned, f"{path} locks nothing"
        assert "://" not in tree.text(path), f"{path} holds an address"
        assert [line for line in pinned if "==" not in line or "--hash=sha256:" not in line] == []


def test_every_locked_node_package_has_a_digest_and_no_address():
    for path in tree.files():
        if Path(path).name == "package-lock.json":
            packages = json.loads(tree.text(path))["packages"]
            locked = {name: package for name, package in packages.items() if name}

            assert [name for name, package in locked.items() if "resolved" in package] == []
            assert [name for name, package in locked.items() if "integrity" not in package] == []
