"""What every process writes down of its own counts, and of the queue that all share."""

from datetime import timedelta

from fedirec.storage.history import read_history
from fedirec.workers.history import Historian, counted_now
from tests.web.home import open_home
from tests.web.keeping import fill


async def test_each_process_writes_what_was_added_since_it_last_did(tmp_path):
    async with open_home(tmp_path) as home:
        await fill(home, count=2)
        async with home.federation.database.transaction() as transaction:
            await transaction.execute("delete from history")
        door, worker = Historian(), Historian()
        home.federation.counts.attempts["ok"] = 5
        home.federation.counts.refused["signature"] = 1

        for historian in (door, door, worker):
            await historian.write(home.federation)
        home.federation.counts.attempts["ok"] = 6
        await door.write(home.federation)

        async with home.federation.database.reading() as reader:
            history = await read_history(
                reader, now=home.clock(), width=timedelta(hours=1), count=2
            )
        assert history.of("delivery.ok")[-1] == 5 + 5 + 1
        assert history.of("refused.signature")[-1] == 2
        assert history.of("most.waiting")[-1] == 2
        assert counted_now(home.federation.counts)["delivery.ok"] == 6
