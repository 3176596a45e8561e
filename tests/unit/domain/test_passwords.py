"""Which passwords are taken: long ones that are not guessed first, of any characters at all."""

import pytest

from fedirec.domain.passwords import check_password, normalize_password
from fedirec.errors import InvalidInputError

COMMON = frozenset({"leavemealone", "correcthorsebatterystaple"})
OWN = ("ada", "lovelace", "Oak Frame Guild", "guild.example")

pytestmark = pytest.mark.rule("AC-01")


def check(text: str) -> str:
    return check_password(text, common=COMMON, own_words=OWN)


@pytest.mark.parametrize(
    "taken",
    [
        "four oak pegs, well driven", "  leading and trailing  ", "xK9#mQ2$vL7!", "каменный мост 7",
        "樫の木の柱を十二本まとめて立てる", "🌳🪵🔨🪚 and a 📐 too", "no digits, no capitals",
        "tabs\tand\nlines", "x" + "ab cd ef gh " * 21,
    ],
)  # fmt: skip
def test_any_characters_are_taken(taken):
    assert check(taken) == taken


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        ("", "at least 12"),
        ("eleven char", "at least 12"),
        ("e\u0301" * 11, "at least 12"),  # eleven letters, however they are typed
        ("a word or two, " * 18, "at most 256"),
        ("x" * 10_000, "at most 256"),
        ("\ud800 lone surrogate", "made of characters"),
        ("LeaveMeAlone", "tried first"),
        ("aaaaaaaaaaaa", "repeats"),
        ("abcabcabcabcabc", "repeats"),
        ("hunter" * 3, "repeats"),
        ("a b c d e f g h", "repeats"),
        ("qwertyuiopasdf", "repeats"),
        ("1234567890abc", "repeats"),
        ("zyxwvut-7654321", "repeats"),
        ("йцукенгшщзхъ", "repeats"),
        ("i am lovelace 1815", "own name"),
        ("Oak-Frame-Guild!", "own name"),
        ("mail@guild.example", "own name"),
    ],
)
def test_what_is_guessed_first_is_not_taken(refused, why):
    with pytest.raises(InvalidInputError, match=why) as refusal:
        check(refused)

    assert refusal.value.field == "password"


def test_a_short_own_name_may_stand_in_a_long_word():
    assert check("an adamant refusal")


def test_one_password_has_one_form():
    assert normalize_password("Geru\u0308st") == normalize_password("Gerüst")


def test_256_characters_are_taken_and_one_more_is_not():
    longest = "".join(chr(0x4E00 + number) for number in range(256))

    assert check(longest) == longest
    with pytest.raises(InvalidInputError):
        check(longest + "x")
