"""Every door by every role, as the table beside it says."""

import pytest

from tests.web.roles import ROLES, TABLE, read_table


@pytest.mark.rule("AC-07", "AC-08")
async def test_every_door_lets_in_whom_the_table_says_and_nobody_else(home):
    assert await read_table(home) == TABLE.read_text()


def test_the_table_lets_nobody_but_keepers_keep_and_nobody_but_members_act():
    names = [role.__name__ for role in ROLES]
    for row in TABLE.read_text().splitlines()[1:]:
        method, path, *found = row.split()
        got = dict(zip(names, found, strict=True))
        if path.startswith("/admin"):
            assert got["nobody"] in {"sign-in", "403"}, row
            assert got["visitor"] in {"sign-in", "403"}, row
            assert (got["member"], got["weak"]) == ("404", "factor"), row
        assert got["disabled"] == got["nobody"], row
        assert "500" not in found, row
        assert method in {"GET", "POST"}
