"""A browser is called by a few words."""

import pytest

from fedirec.domain.browsers import browser_label

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
)
CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        (FIREFOX, "Firefox on Linux"),
        (CHROME.format("Windows NT 10.0; Win64; x64"), "Chrome on Windows"),
        (CHROME.format("Windows NT 10.0; Win64; x64") + " Edg/150.0.0.0", "Edge on Windows"),
        (CHROME.format("Linux; Android 10; K"), "Chrome on Android"),
        (SAFARI, "Safari on iPhone"),
        ("curl/8.5.0", "curl"),
        ("<script>" * 1_000, "A browser"),
        ("", "A browser"),
        (None, "A browser"),
    ],
)
def test_a_user_agent_becomes_a_few_words(user_agent, label):
    assert browser_label(user_agent) == label
