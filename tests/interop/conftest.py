"""Node and the other environment, found once per run."""

import pytest

from tests.interop.node import find_mastodon_mock, find_node, find_pasture, found_or_reason


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node, with the packages of every peer installed."""
    return found_or_reason(find_node())


@pytest.fixture(scope="session")
def pasture_python() -> str:
    """The Python of the environment that has the fediverse-pasture."""
    return found_or_reason(find_pasture())


@pytest.fixture(scope="session")
def mastodon_mock() -> str:
    """The command that serves Mastodon's API."""
    return found_or_reason(find_mastodon_mock())
