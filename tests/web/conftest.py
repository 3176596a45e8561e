"""An instance with its door open, and a scripted peer that can sign."""

import pytest

from tests.peers import Peer
from tests.web.home import open_home


@pytest.fixture
async def home(tmp_path):
    async with open_home(tmp_path) as opened:
        yield opened


@pytest.fixture
async def peer():
    async with Peer() as opened:
        yield opened
