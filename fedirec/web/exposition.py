"""Prometheus' text of what was counted and of what waits. Loaded when it is first asked for.

The library costs 30 ms to import and has a registry of its own for the process; here it only
writes: one registry for one answer, filled from values.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from fedirec.federation.counts import Counts, Spread
from fedirec.storage.queue_depths import Depth, HostDepth
from fedirec.storage.space import Space

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


# As `Counts` has them: name, label, what it tells.
_COUNTERS: Final = (
    ("delivery_attempts", "class", "Attempts to deliver, by what they came to."),
    ("circuit_changes", "circuit", "Circuits of hosts, by what they became."),
    ("lease_losses", "work", "Results dropped, as another worker had taken over."),
    ("work_failures", "work", "Items of work that ended in an error of ours."),
    ("received", "outcome", "POSTs to an inbox that were not refused."),
    ("refused", "reason", "POSTs to an inbox that were refused."),
    ("signatures", "kind", "Signed requests that were checked, by the kind of signature."),
    ("handled", "outcome", "Received activities by what came of them."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What the database says, for the length of one answer.

    `late` is, by kind of work, for how many seconds it has been due without a worker looking.
    """

    depths: Sequence[Depth]
    worst_hosts: Sequence[HostDepth]
    late: Mapping[str, float]
    hosts_down: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # a registry knows it as itself
class Figures(Collector):
    """Everything that one answer tells; `tasks` are those of the event loop."""

    counts: Counts
    tasks: int
    queue: Queue
    now: datetime
    space: Space | None
    version: str

    def collect(self) -> Iterator[Metric]:
        """Yield each family of figures, in the order of docs/operations.md."""
        yield _gauge(
            "build_info", "The version that runs, always 1.", [((self.version,), 1)], "version"
        )
        yield from self._of_the_queue()
        yield from self._of_this_process()
        if self.space is not None:
            free, total = [((), self.space.free_bytes)], [((), self.space.total_bytes)]
            yield _gauge("disk_free_bytes", "Space that is free for the database.", free)
            yield _gauge("disk_bytes", "Space of that disk in all.", total)

    def _of_the_queue(self) -> Iterator[Metric]:
        ages = {(each.work, each.state): self._age(each.oldest_at) for each in self.queue.depths}
        depths = {(each.work, each.state): each.depth for each in self.queue.depths}
        hosts = {(each.host,): each for each in self.queue.worst_hosts}
        yield _gauge("queue_depth", "Items of work by state.", depths.items(), "work", "state")
        yield _gauge(
            "queue_oldest_seconds",
            "Age of the oldest item of a state.",
            ages.items(),
            "work",
            "state",
        )
        late = [((work,), seconds) for work, seconds in self.queue.late.items()]
        yield _gauge(
            "queue_late_seconds",
            "For how long work has been due and no worker looked.",
            late,
            "work",
        )
        yield _gauge(
            "queue_host_depth",
            "Unfinished deliveries to the ten hosts that most wait for.",
            [(name, each.depth) for name, each in hosts.items()],
            "host",
        )
        yield _gauge(
            "queue_host_oldest_seconds",
            "Age of the oldest of them.",
            [(name, self._age(each.oldest_at)) for name, each in hosts.items()],
            "host",
        )
        down = [((), self.queue.hosts_down)]
        yield _gauge("hosts_down", "Hosts left alone, as they do not answer.", down)

    def _of_this_process(self) -> Iterator[Metric]:
        counts = self.counts
        for found, (name, label, says) in zip(
            (
                counts.attempts,
                counts.circuits,
                counts.leases_lost,
                counts.failures,
                counts.received,
                counts.refused,
                counts.signatures,
                counts.handled,
            ),
            _COUNTERS,
            strict=True,
        ):
            yield _counter(name, says, found, label)
        labels = ("route", "method", "status")
        answered = HistogramMetricFamily(
            "fedirec_request_seconds", "Requests that were answered.", labels=labels
        )
        for (template, method, digit), spread in counts.requests.items():
            answered.add_metric((template, method, f"{digit}xx"), spread.up_to(), spread.total)
        yield answered
        yield _gauge("tasks", "What the event loop has under way.", [((), self.tasks)])
        yield _histogram("loop_lag_seconds", "How late the event loop comes back.", counts.loop_lag)
        yield _histogram("commit_rows", "Received activities in one commit.", counts.commits)

    def _age(self, instant: datetime) -> float:
        return max(0.0, (self.now - instant).total_seconds())


def expose(figures: Figures) -> bytes:
    """Return the text that Prometheus reads; memory, descriptors and CPU of this process too."""
    registry = CollectorRegistry()
    registry.register(figures)
    ProcessCollector(registry=registry)
    return generate_latest(registry)


def _gauge(
    name: str, says: str, found: Iterable[tuple[Sequence[str], float]], *labels: str
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"fedirec_{name}", says, labels=labels)
    for values, value in found:
        family.add_metric(values, value)
    return family


def _counter(name: str, says: str, found: Mapping[str, int], label: str) -> CounterMetricFamily:
    family = CounterMetricFamily(f"fedirec_{name}", says, labels=(label,))
    for value, count in found.items():
        family.add_metric((value,), count)
    return family


def _histogram(name: str, says: str, spread: Spread) -> HistogramMetricFamily:
    family = HistogramMetricFamily(f"fedirec_{name}", says)
    family.add_metric((), spread.up_to(), spread.total)
    return family
