"""A database in which somebody has said something."""

import pytest

from tests.storage.samples import an_actor, save_actors, say


@pytest.fixture
async def storage(database):
    """Ada has said ten things."""
    await save_actors(database, an_actor("ada"))
    async with database.transaction() as transaction:
        for number in range(10):
            await say(transaction, number)
    return database
