"""What `load.c` does, for machines without a C compiler: the same arguments, the same answer."""

import asyncio
import json
import sys
import time
from array import array
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.load import read_requests


@dataclass(slots=True)
class _Play:
    requests: list[bytes]
    port: int
    total: int
    statuses: "array[int]"
    latencies: list[float] = field(default_factory=list)
    begun: int = 0
    breaks: int = 0


async def _play_on_one_connection(play: _Play) -> None:
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while play.begun < play.total:
        number, play.begun = play.begun, play.begun + 1
        began = time.monotonic()
        try:
            if streams is None:
                streams = await asyncio.open_connection("127.0.0.1", play.port)
            reader, writer = streams
            writer.write(play.requests[number % len(play.requests)])
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(_length(head))
        except (OSError, EOFError):
            play.breaks += 1
            streams = None
            continue
        play.statuses[number] = int(head[9:12])
        play.latencies.append(time.monotonic() - began)
        if b"\r\nconnection: close" in head:
            writer.close()
            streams = None


def _length(head: bytes) -> int:
    _, found, rest = head.partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


async def _play(play: _Play, connections: int) -> float:
    began = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(connections):
            tasks.create_task(_play_on_one_connection(play))
    return time.monotonic() - began


def _main(path: str, port: str, connections: str, times: str, statuses: str) -> None:
    requests = read_requests(Path(path))
    total = len(requests) * int(times)
    play = _Play(requests, int(port), total, array("H", bytes(2 * total)))
    seconds = asyncio.run(_play(play, int(connections)))
    taken = sorted(play.latencies) or [0.0]
    shares = {f"p{share}_ms": taken[len(taken) * share // 100] * 1000 for share in (50, 95, 99)}
    counts = Counter(status for status in play.statuses if status)
    said = {"requests": total, "breaks": play.breaks, "seconds": seconds, "statuses": counts}
    sys.stdout.write(json.dumps({**said, **shares}) + "\n")
    if statuses != "-":
        Path(statuses).write_bytes(play.statuses.tobytes())


if __name__ == "__main__":
    _main(*sys.argv[1:])
