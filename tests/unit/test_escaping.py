"""What others wrote cannot steer the terminal it is shown in."""

import pytest

from fedirec.cli.escaping import escape, on_one_line


@pytest.mark.rule("OP-05")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("peer.example", "peer.example"),
        ("\x1b[2J\x07", "\\u001b[2J\\u0007"),
        ("a\x9b1m", "a\\u009b1m"),
        ("evil\u202egnp.exe", "evil\\u202egnp.exe"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("lone \ud800", "lone \\ud800"),
        ("Žofie, 木", "Žofie, 木"),
    ],
)
def test_marks_that_steer_are_written_out_and_words_stay(text, shown):
    assert escape(text) == shown


def test_a_line_stays_one_line():
    assert on_one_line("a\r\n b\u2028c") == "a b c"
