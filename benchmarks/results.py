"""What a measurement comes to: samples, their median, ratios to a yardstick, verdicts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median

Detail = str | int | float


class Side(StrEnum):
    """On which side of its goal a value has to lie."""

    AT_LEAST = ">="
    AT_MOST = "<="


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A bound that a value has to keep."""

    side: Side
    bound: float

    def is_met(self, value: float) -> bool:
        """Whether a value keeps the bound."""
        return value >= self.bound if self.side is Side.AT_LEAST else value <= self.bound

    def __str__(self) -> str:
        return f"{self.side} {self.bound:g}"


def at_least(bound: float) -> Goal:
    """Return a goal that a value has to reach."""
    return Goal(side=Side.AT_LEAST, bound=bound)


def at_most(bound: float) -> Goal:
    """Return a goal that a value must not pass."""
    return Goal(side=Side.AT_MOST, bound=bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What the rounds of one run came to."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{shown(self.median)} ({shown(self.least)} to {shown(self.most)})"


def spread(samples: Sequence[float]) -> Spread:
    """Return the median, the least and the most of the rounds; raises ValueError for none."""
    if not samples:
        message = "there is no median of no rounds"
        raise ValueError(message)
    return Spread(median=median(samples), least=min(samples), most=max(samples))


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What one thing costs at each size: pairs of how much is stored and CPU microseconds."""

    name: str
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the table. `value` is None where the counts were wrong: such a run has no rate.

    `samples` are the ratios of the single rounds, or empty where only the whole has one.
    """

    name: str
    value: float | None
    goal: Goal | None
    yardstick: str
    samples: Spread | None = None
    detail: Mapping[str, Detail] = field(default_factory=dict)
    curve: Curve | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None where there is none. No value meets nothing."""
        if self.value is None:
            return False
        return None if self.goal is None else self.goal.is_met(self.value)


def compared(
    name: str,
    subject: Sequence[float],
    yardstick: Sequence[float],
    *,
    goal: Goal | None,
    against: str,
    detail: Mapping[str, Detail] | None = None,
) -> Result:
    """Return the ratio of two medians, with the spread of the ratios of the single rounds.

    `subject` and `yardstick` are the rounds of one run, interleaved, in order.
    """
    ratios = [one / other for one, other in zip(subject, yardstick, strict=True)]
    return Result(
        name=name,
        value=median(subject) / median(yardstick),
        goal=goal,
        yardstick=f"{against}: {spread(yardstick)}",
        samples=spread(ratios),
        detail={"measured": str(spread(subject)), **(detail or {})},
    )


def failed(name: str, *, goal: Goal | None, reason: str) -> Result:
    """Return the line of a run whose counts were wrong, or which could not be made."""
    return Result(name=name, value=None, goal=goal, yardstick="", detail={"reason": reason})


def shown(value: float) -> str:
    """Return a figure with three digits that count, and thousands apart."""
    if abs(value) >= 100:  # noqa: PLR2004 - three digits
        return f"{value:,.0f}"
    return f"{value:.3g}"
