"""Handles of people everywhere, and the names that members here may take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.domain.actors import Host
from fedirec.domain.handles import RESERVED_NAMES, Handle, check_member_name, parse_handle
from fedirec.errors import InvalidInputError

ADA = Handle("ada", Host("guild.example"))

LABELS = st.from_regex(r"[a-z]([a-z0-9]{0,10}[a-z0-9])?", fullmatch=True)
HOSTS = st.builds(
    lambda labels, port: Host(".".join([*labels, "example"]) + port),
    st.lists(LABELS, min_size=1, max_size=3),
    st.integers(1, 65_535).filter(lambda port: port != 443).map(lambda port: f":{port}")
    | st.just(""),
)
NAMES = st.from_regex(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,20}[A-Za-z0-9_])?", fullmatch=True)


@given(name=NAMES, host=HOSTS)
def test_what_is_written_is_read_again(name, host):
    handle = Handle(name, host)

    assert parse_handle(str(handle)) == handle
    assert parse_handle(handle.acct) == handle


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@ada@guild.example", ADA),
        ("ada@guild.example", ADA),
        ("acct:ada@guild.example", ADA),
        ("  @ada@guild.example\n", ADA),
        ("@ada@GUILD.example", ADA),
        ("@ada@guild.example:443", ADA),
        ("@ada@127.0.0.1:8081", Handle("ada", Host("127.0.0.1:8081"))),
        ("@ada@[::1]:8081", Handle("ada", Host("[::1]:8081"))),
        ("@ada@localhost:8081", Handle("ada", Host("localhost:8081"))),
        ("@ada@bücher.example", Handle("ada", Host("xn--bcher-kva.example"))),
        ("@Ada.Lo-ve@guild.example", Handle("Ada.Lo-ve", Host("guild.example"))),
        ("acct:127.0.0.1:8081@127.0.0.1:8081", Handle("127.0.0.1:8081", Host("127.0.0.1:8081"))),
        ("guild.example@guild.example", Handle("guild.example", Host("guild.example"))),
    ],
)
def test_a_handle_is_read_in_every_way_people_write_it(text, expected):
    assert parse_handle(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ada",
        "@ada",
        "@@guild.example",
        "@ada@",
        "ada@guild.example/users/ada",
        "ada@guild.example?x=1",
        "ada@guild.example#main-key",
        "ada@bea@guild.example",
        "ada lovelace@guild.example",
        "ada\x00@guild.example",
        "ada@guild .example",
        "ada@guild.example:port",
        "ada@guild.example:0",
        "ada@guild.example:65536",
        "https://guild.example/@ada",
        "-ada@guild.example",
        "ada.@guild.example",
        "\N{CYRILLIC SMALL LETTER A}da@guild.example",
        "a" * 256 + "@guild.example",
    ],
)
def test_what_is_no_handle_is_refused_with_an_example(text):
    with pytest.raises(InvalidInputError, match="expected a handle such as") as refusal:
        parse_handle(text)

    assert refusal.value.field == "handle"


@pytest.mark.parametrize("name", ["a", "ada", "ada_2", "0", "_", "a" * 30])
def test_a_plain_name_may_be_taken(name):
    assert check_member_name(name) == name


@pytest.mark.rule("HT-06")
@pytest.mark.parametrize(
    "name",
    [
        "",
        "Ada",
        "ada.l",
        "ada-l",
        "ada l",
        "a" * 31,
        "adä",
        "ada\n",
        "ad\N{CYRILLIC SMALL LETTER A}",
    ],
)
def test_a_name_that_could_imitate_another_is_refused(name):
    with pytest.raises(InvalidInputError, match="1 to 30 of a-z") as refusal:
        check_member_name(name)

    assert refusal.value.field == "name"


@pytest.mark.rule("HT-06")
@pytest.mark.parametrize("name", sorted(RESERVED_NAMES))
def test_a_name_that_would_be_taken_for_the_guild_is_refused(name):
    with pytest.raises(InvalidInputError, match="reserved") as refusal:
        check_member_name(name)

    assert refusal.value.field == "name"
