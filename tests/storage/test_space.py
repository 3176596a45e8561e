"""When space is low, and how seldom the disk is asked."""

from pathlib import Path

import pytest

from fedirec.errors import StorageFullError, StorageUnavailableError
from fedirec.storage.space import Space, SpaceWatch, measure

HERE = Path("here")
MIB = 1_048_576


class Disk:
    """A disk of a gigabyte, as full as a test says, that counts how often it is asked."""

    def __init__(self, free_bytes: int) -> None:
        self.free_bytes = free_bytes
        self.asked = 0

    def __call__(self, folder: Path) -> Space:
        assert folder == HERE
        self.asked += 1
        return Space(self.free_bytes, 1_000 * MIB)


@pytest.mark.rule("RX-12")
@pytest.mark.parametrize(
    ("least_bytes", "least_percent", "free_bytes", "is_low"),
    [
        (10 * MIB, 0, 10 * MIB, False),
        (10 * MIB, 0, 10 * MIB - 1, True),
        (0, 5, 50 * MIB, False),
        (0, 5, 50 * MIB - 1, True),
        (10 * MIB, 5, 49 * MIB, True),
        (60 * MIB, 5, 55 * MIB, True),
        (0, 0, 0, False),
    ],
)
def test_space_is_low_below_the_greater_of_both_floors(
    least_bytes, least_percent, free_bytes, is_low
):
    watch = SpaceWatch(
        HERE,
        least_bytes=least_bytes,
        least_percent=least_percent,
        monotonic=lambda: 0.0,
        measuring=Disk(free_bytes),
    )

    assert watch.is_low() is is_low


@pytest.mark.rule("RX-12")
def test_low_space_is_told_as_a_lack_of_space_and_as_passing():
    watch = SpaceWatch(HERE, least_bytes=2, monotonic=lambda: 0.0, measuring=Disk(1))

    with pytest.raises(StorageFullError, match="expected more free space at here") as caught:
        watch.check()

    assert isinstance(caught.value, StorageUnavailableError)


def test_the_disk_is_asked_once_a_second():
    disk, now = Disk(100), [0.0]
    watch = SpaceWatch(HERE, least_bytes=10, monotonic=lambda: now[0], measuring=disk)

    for _ in range(1_000):
        watch.check()
    disk.free_bytes = 1
    before = watch.is_low()
    now[0] = 1.0
    after = watch.is_low()

    assert (before, after) == (False, True)
    assert disk.asked == 2


def test_a_disk_that_cannot_be_asked_does_not_count_as_low():
    watch = SpaceWatch(Path("/there/is/no/such/folder"), least_bytes=10)

    assert watch.is_low() is False


def test_the_space_of_a_folder_is_measured(tmp_path):
    space = measure(tmp_path)

    assert 0 < space.free_bytes <= space.total_bytes
