"""A peer that cannot be run is told of, and never the reason why a full run is green."""

import os
from pathlib import Path

import pytest

from tests.interop.node import Missing, find_node, find_pasture, found_or_reason

REASON = "the peer is not here: fetch it"


def make_node(folder: Path, version: str) -> None:
    """Put a program called node in a folder that says it is of this version."""
    folder.mkdir()
    program = folder / "node"
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)


def lock(folder: Path, name: str) -> Path:
    """Make a folder that has a lock of Node packages."""
    locked = folder / name
    locked.mkdir(parents=True)
    (locked / "package-lock.json").write_text("{}")
    return locked


def test_what_is_missing_fails_where_everything_must_be_there():
    with pytest.raises(pytest.fail.Exception, match=REASON):
        found_or_reason(Missing(REASON), environment={"CI": "true"})


@pytest.mark.parametrize("environment", [{}, {"CI": "false"}, {"CI": ""}])
def test_what_is_missing_skips_with_the_reason_elsewhere(environment):
    with pytest.raises(pytest.skip.Exception, match=REASON):
        found_or_reason(Missing(REASON), environment=environment)


def test_what_is_found_is_used():
    assert found_or_reason("/bin/peer", environment={"CI": "true"}) == "/bin/peer"


def test_a_path_without_node_says_what_to_install(tmp_path):
    found = find_node(search_path=str(tmp_path), folders=tmp_path)

    assert isinstance(found, Missing)
    assert "install it, then run .ci/peers" in found.reason


def test_an_old_node_is_not_used(tmp_path):
    make_node(tmp_path / "bin", "v18.19.0")

    found = find_node(search_path=str(tmp_path / "bin"), folders=tmp_path)

    assert isinstance(found, Missing)
    assert "v18.19.0; 20 or newer is needed" in found.reason


def test_packages_not_installed_since_their_lock_changed_are_not_used(tmp_path):
    make_node(tmp_path / "bin", "v20.1.0")
    locked = lock(tmp_path / "peers", "friend")
    installed = locked / "node_modules" / ".package-lock.json"
    installed.parent.mkdir()
    installed.write_text("{}")

    fresh = find_node(search_path=str(tmp_path / "bin"), folders=tmp_path / "peers")
    os.utime(installed, (0, 0))
    stale = find_node(search_path=str(tmp_path / "bin"), folders=tmp_path / "peers")

    assert fresh == str(tmp_path / "bin" / "node")
    assert isinstance(stale, Missing)
    assert "tests/interop/friend are not as locked: run .ci/peers" in stale.reason


def test_an_environment_that_was_never_made_is_not_used(tmp_path):
    found = find_pasture(tmp_path)

    assert isinstance(found, Missing)
    assert "run .ci/peers" in found.reason
