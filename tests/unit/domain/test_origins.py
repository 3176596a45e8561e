"""The URL parser against a golden table, and against two other readers of URLs."""

from urllib.parse import urlsplit

import idna
import pytest
import yarl
from hypothesis import example, given
from hypothesis import strategies as st

from fedirec.domain.origins import (
    MAX_URL_LENGTH,
    Origin,
    host_of,
    origin_of,
    parse_host,
    parse_url,
    same_origin,
)
from fedirec.errors import InvalidInputError

ACCEPTED = {
    "https://guild.example": "https://guild.example/",
    "https://guild.example/": "https://guild.example/",
    "HTTPS://Guild.EXAMPLE/Users/Ada": "https://guild.example/Users/Ada",
    "https://guild.example:443/users/ada": "https://guild.example/users/ada",
    "https://guild.example:8443/users/ada": "https://guild.example:8443/users/ada",
    "https://guild.example/users/ada#main-key": "https://guild.example/users/ada#main-key",
    "https://guild.example/users/ada?page=1&min=2": "https://guild.example/users/ada?page=1&min=2",
    "https://guild.example?page=1": "https://guild.example/?page=1",
    "https://guild.example/?": "https://guild.example/",
    "https://guild.example/x#": "https://guild.example/x",
    "https://guild.example/%7Eada": "https://guild.example/%7Eada",
    "https://guild.example/a;b=c//d": "https://guild.example/a;b=c//d",
    "https://guild.example/@ada@other.example": "https://guild.example/@ada@other.example",
    "https://guild.example/..ada": "https://guild.example/..ada",
    "https://guild.example/é?ü#ö": "https://guild.example/%C3%A9?%C3%BC#%C3%B6",
    'https://guild.example/"<>^`{|}': "https://guild.example/%22%3C%3E%5E%60%7B%7C%7D",
    "https://münchen.example/": "https://xn--mnchen-3ya.example/",
    "https://MÜNCHEN.example/": "https://xn--mnchen-3ya.example/",
    "https://xn--mnchen-3ya.example/": "https://xn--mnchen-3ya.example/",
    "https://faß.example/": "https://xn--fa-hia.example/",
    "https://a-b.c-d.example/": "https://a-b.c-d.example/",
    "https://8.8.8.8/": "https://8.8.8.8/",
    "https://127.0.0.1:8081/": "https://127.0.0.1:8081/",
    "https://[2606:4700::0001]/": "https://[2606:4700::1]/",
    "https://[::1]:8443/": "https://[::1]:8443/",
    "https://localhost:8081/": "https://localhost:8081/",
    "https://guild.test/": "https://guild.test/",
}

REFUSED = [
    "",
    "guild.example",
    "//guild.example/",
    "https:guild.example",
    "https:/guild.example",
    "https:///guild.example",
    "https://",
    "https://?x",
    "https://#x",
    # schemes
    "http://guild.example/",
    "ftp://guild.example/",
    "file:///etc/passwd",
    "data:text/plain,x",
    "gopher://guild.example/",
    "javascript://guild.example/%0aalert(1)",
    "acct:ada@guild.example",
    # user information, and what looks like it
    "https://ada@guild.example/",
    "https://ada:secret@guild.example/",
    "https://@guild.example/",
    "https://victim.example@evil.example/",
    "https://victim.example:443@evil.example/",
    "https://victim.example%40evil.example/",
    "https://victim.example\\@evil.example/",
    "https://victim.example\\.evil.example/",
    "https:\\\\guild.example\\x",
    "https://guild.example/\\evil.example",
    # controls and spaces, which some readers drop
    " https://guild.example/",
    "https://guild.example/ ",
    "https://guild.example/a b",
    "ht\ttps://guild.example/",
    "https://gui\nld.example/",
    "https://guild.example/\r\nHost: evil.example",
    "https://guild.example/\x00",
    "https://guild.example/\x7f",
    "https://guild.example/\x85",
    "https://guild.example/\xa0",
    "https://guild.example/\u2028",
    "https://guild.example/\u202egnp.exe",
    "https://guild.example/\ufeff",
    "https://guild.example/\ud800",
    # hosts
    "https://guild%2eexample/",
    "https://guild.example%00.evil.example/",
    "https://guild.example./",
    "https://.guild.example/",
    "https://guild..example/",
    "https://-guild.example/",
    "https://guild-.example/",
    "https://gu_ild.example/",
    "https://gu*ild.example/",
    f"https://{'a' * 64}.example/",
    f"https://{'.'.join(['abcdefgh'] * 32)}.example/",
    "https://guild/",
    "https://guild.local/",
    "https://metadata.google.internal/",
    "https://hiddenservice.onion/",
    "https://1.0.0.127.in-addr.arpa/",
    "https://printer.lan/",
    "https://guild.invalid/",
    "https://gu\u00adild.example/",  # a soft hyphen, which mapping drops
    "https://guild\u3002example/",  # full stops of other scripts, full-width letters and digits
    "https://guild\uff0eexample/",
    "https://\uff47\uff55\uff49\uff4c\uff44.example/",
    "https://\u2460\u2461\u2466.0.0.1/",
    "https://guil\u200dd.example/",
    # addresses in other spellings than the one
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.01/",
    "https://127.0.0.1.5/",
    "https://127.0.0.256/",
    "https://127.0.0.1./",
    "https://guild.example.1/",
    "https://guild.0x7f/",
    "https://[127.0.0.1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[::1%25lo]/",
    "https://[fe80::1%lo]/",
    "https://[::1",
    "https://::1/",
    "https://[::1]x/",
    "https://[v1.x]/",
    "https://[]/",
    # ports
    "https://guild.example:/",
    "https://guild.example:0/",
    "https://guild.example:0443/",
    "https://guild.example:+443/",
    "https://guild.example:443x/",
    "https://guild.example:65536/",
    "https://guild.example:443:443/",
    "https://guild.example:\uff14\uff14\uff13/",
    # paths
    "https://guild.example/%",
    "https://guild.example/%zz",
    "https://guild.example/?%4",
    "https://guild.example/users/../admin",
    "https://guild.example/users/%2e%2E/admin",
    "https://guild.example/./x",
    "https://guild.example/..",
    "https://guild.example/" + "a" * MAX_URL_LENGTH,
    "https://guild.example/" + "é" * (MAX_URL_LENGTH // 4),
]


@pytest.mark.rule("TR-08")
@pytest.mark.parametrize(("text", "normal"), ACCEPTED.items())
def test_a_plain_url_has_one_spelling(text, normal):
    assert parse_url(text).text == normal
    assert parse_url(normal).text == normal


@pytest.mark.rule("TR-08")
@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_a_url_that_readers_could_take_differently_is_refused(text):
    with pytest.raises(InvalidInputError):
        parse_url(text)


def test_the_parts_of_a_url_are_as_written():
    url = parse_url("https://Guild.Example:8443/users/ada?page=1#main-key")

    assert (url.scheme, url.host, url.hostname) == (
        "https",
        "guild.example:8443",
        "guild.example",
    )
    assert (url.port, url.path, url.query) == (8443, "/users/ada", "page=1")
    assert (url.fragment, url.target) == ("main-key", "/users/ada?page=1")
    assert url.document == "https://guild.example:8443/users/ada?page=1"
    assert str(url.origin) == "https://guild.example:8443"


def test_an_ipv6_host_has_brackets_only_where_a_url_needs_them():
    url = parse_url("https://[::1]:8443/")

    assert (url.host, url.hostname) == ("[::1]:8443", "::1")


@pytest.mark.rule("TR-13")
def test_http_is_read_only_where_it_is_allowed():
    assert parse_url("http://guild.test:80/x", allow_http=True).text == "http://guild.test/x"

    with pytest.raises(InvalidInputError, match="https"):
        parse_url("http://guild.test/x")


def test_a_fragment_is_refused_where_none_may_be():
    assert parse_url("https://guild.example/x", allow_fragment=False).fragment == ""

    with pytest.raises(InvalidInputError, match="fragment"):
        parse_url("https://guild.example/x#y", allow_fragment=False)


VICTIM = "https://victim.test/users/ada"


@pytest.mark.rule("OR-12", "TR-08")
@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ("https://victim.test/anything?else#there", True),
        ("https://VICTIM.test/users/ada", True),
        ("https://victim.test:443/", True),
        ("https://victim.test.evil.test/users/ada", False),
        ("https://evilvictim.test/users/ada", False),
        ("https://evil.test/victim.test/users/ada", False),
        ("https://evil.test/?https://victim.test/users/ada", False),
        ("https://evil.test/#https://victim.test/users/ada", False),
        ("https://users.victim.test/users/ada", False),
        ("https://victim.test:444/users/ada", False),
        ("http://victim.test/users/ada", False),
        ("http://victim.test:443/users/ada", False),
        ("https://xn--victm-6va.test/users/ada", False),
    ],
)
def test_origins_agree_in_scheme_host_and_port_or_not_at_all(other, is_same):
    assert same_origin(VICTIM, other) is is_same
    assert same_origin(other, VICTIM) is is_same


@pytest.mark.rule("OR-12")
@pytest.mark.parametrize(
    "other",
    ["https://victim.test@evil.test/", "https://victim.test./", "https://victim.test\\.evil.test/"],
)
def test_what_only_looks_like_an_origin_has_none(other):
    with pytest.raises(InvalidInputError):
        same_origin(VICTIM, other)


def test_origin_and_host_name_the_same_server():
    assert origin_of("http://127.0.0.1:8081/users/ada") == Origin(
        scheme="http", host="127.0.0.1", port=8081
    )
    assert host_of("http://127.0.0.1:8081/users/ada") == "127.0.0.1:8081"
    assert host_of("http://guild.test/") == "guild.test"


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Guild.Example", "guild.example"),
        ("guild.example:443", "guild.example"),
        ("guild.example:8443", "guild.example:8443"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("[::1]:8443", "[::1]:8443"),
    ],
)
def test_a_bare_host_is_read_like_that_of_a_url(text, host):
    assert parse_host(text) == host


@pytest.mark.rule("TR-08")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "guild",
        "ada@guild.example",
        "guild.example/x",
        "a b.example",
        "guild.example:0",
        "é/x.a",
    ],
)
def test_what_is_no_host_is_refused(text):
    with pytest.raises(InvalidInputError):
        parse_host(text)


WORDS = (
    *("https://", "HTTP://", "https:", "//", "..", "%2e", "%40", "guild.example", "evil.test"),
    *("xn--mnchen-3ya.example", "127.0.0.1", "127.1", "0x7f", "0177.0.0.1", "::1", "::ffff:7f00:1"),
    *("443", "80", "8081"),
)
CHARACTERS = "/:@.%?#[]\\\t\n0;&=-_éß\u3002\u212a\u0131\u00ad\u200d\uff41\u2460"
PIECES = st.sampled_from([*WORDS, *CHARACTERS])
URLISH = st.one_of(
    st.lists(PIECES, max_size=8).map("".join),
    st.lists(PIECES, max_size=6).map(lambda found: "https://guild.example" + "".join(found)),
    st.lists(PIECES, max_size=6).map(lambda found: "https://" + "".join(found)),
)


@pytest.mark.rule("TR-08")
@given(URLISH)
@example("https://guild.example:80é")
@example("https://\u212a.example/")
def test_what_is_accepted_two_other_readers_take_alike(text):
    try:
        url = parse_url(text, allow_http=True)
    except InvalidInputError:
        return

    for reading in (text, url.text):
        theirs = yarl.URL(reading)
        assert (theirs.scheme, theirs.raw_host, theirs.port) == (
            url.scheme,
            url.hostname,
            url.port,
        )
        split = urlsplit(reading)
        hostname = split.hostname or ""
        ascii_name = hostname if hostname.isascii() else idna.encode(hostname).decode()
        assert (split.scheme, ascii_name) == (url.scheme, url.hostname)
        assert (split.port or yarl.URL(reading).port) == url.port
        assert split.username is None
    split = urlsplit(url.text)
    assert (split.path, split.query, split.fragment) == (url.path, url.query, url.fragment)


@given(st.text())
@example("https://\ud800.example/")
@example("https://xn--a.example/")
def test_any_text_is_a_url_or_invalid_input(text):
    for reading in (text, "https://" + text, "https://guild.example/" + text):
        try:
            url = parse_url(reading)
        except InvalidInputError:
            continue
        assert parse_url(url.text) == url


@pytest.mark.rule("OR-12", "TR-08")
@given(URLISH)
@example("https://guild.example/users/ada#main-key")
@example("https://guild.example/users/../ada")
@example("https://guild.example/users/.ada")
@example("https://guild.example:0/users/ada")
@example("https://guild.example/users/ada\n")
@example("https://guild.local/users/ada")
@example("https://guild.example/" + "a" * MAX_URL_LENGTH)
def test_an_origin_is_that_of_the_whole_url_or_there_is_none(text):
    try:
        expected = parse_url(text, allow_http=True).origin
    except InvalidInputError:
        with pytest.raises(InvalidInputError):
            origin_of(text)
    else:
        assert origin_of(text) == expected
