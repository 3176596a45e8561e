"""An instance with its door open that deals with other servers, its work done when told."""

from datetime import timedelta

from tests.community.guild import Clock, Guild
from tests.web import home as doors
from tests.web.home import Home


class Hour(Clock):
    """The hour of a home, which only this moves."""

    def __init__(self, clock: doors.Clock) -> None:
        super().__init__(now=clock.now)
        self._clock = clock

    def forward(self, **span: float) -> None:
        """Let so much time pass at the home too."""
        super().forward(**span)
        self._clock.forward(timedelta(**span))


def guild_of(home: Home) -> Guild:
    """The same instance, for a test that moves it."""
    return Guild(federation=home.federation, clock=Hour(home.clock))
