"""Settings: one line for whatever is wrong, and a page that stays in step."""

import hashlib
import os
import re
from dataclasses import fields
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from fedirec.config import PREFIX, TcpAddress, build_settings, load_settings, unknown_variables
from fedirec.domain.bounds import BOUNDS
from fedirec.domain.limits import Limits
from fedirec.domain.spelling import written
from fedirec.errors import ConfigurationError

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to be in, and an environment without settings."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def given(**values: object):
    return build_settings({"domain": "guild.example", **values}, heeds_environment=False)


def test_the_domain_alone_makes_an_instance():
    settings = given()

    instance = settings.instance()
    assert (instance.domain, instance.host) == ("guild.example", "guild.example")
    assert instance.origin == "https://guild.example"
    assert settings.listen_address() == TcpAddress(host="127.0.0.1", port=8080)
    assert settings.database_url().endswith("/data/fedirec.db")


def test_handles_and_ids_may_have_different_hosts():
    instance = given(host="Social.Guild.Example:8443").instance()

    assert instance.domain == "guild.example"
    assert instance.member_id("ada") == "https://social.guild.example:8443/users/ada"


def test_the_environment_wins_over_the_file(here, monkeypatch):
    (here / "fedirec.toml").write_text('domain = "file.example"\ntitle = "From the file"\n')
    monkeypatch.setenv("FEDIREC_DOMAIN", "environment.example")

    settings = load_settings()

    assert settings.domain == "environment.example"
    assert settings.title == "From the file"


def test_a_limit_is_a_setting_of_its_own(here, monkeypatch):
    (here / "fedirec.toml").write_text('domain = "guild.example"\n[limits]\nlease = "2m"\n')
    monkeypatch.setenv("FEDIREC_LIMITS__OFFER_LIFETIME", "12h")

    limits = load_settings().limits

    assert limits.lease == timedelta(minutes=2)
    assert limits.offer_lifetime == timedelta(hours=12)
    assert limits.words_max == Limits().words_max


def test_a_limit_that_is_none_is_refused_wherever_it_is_said(here, monkeypatch):
    monkeypatch.setenv("FEDIREC_DOMAIN", "guild.example")
    monkeypatch.setenv("FEDIREC_LIMITS__LEESE", "2m")

    with pytest.raises(ConfigurationError, match=r"FEDIREC_LIMITS__LEESE is not .* mean lease"):
        load_settings()


@pytest.mark.parametrize(
    ("line", "name", "expected"),
    [
        ('allow_list = true', "allow_list", True),
        ('allow_list = "yes"', "allow_list", True),
        ('allow_list = "Off"', "allow_list", False),
        ('languages = "en, de"', "languages", ("en", "de")),
        ('languages = ["en", "de"]', "languages", ("en", "de")),
        ('ports = [443, "8443"]', "ports", (443, 8443)),
        ('ports = "443,8443"', "ports", (443, 8443)),
        ('trusted_proxies = ["::1/128"]', "trusted_proxies", (ip_network("::1/128"),)),
        ('log = "console"', "log", "console"),
    ],
)  # fmt: skip
def test_a_setting_is_written_as_a_text_or_as_toml_has_it(here, line, name, expected):
    (here / "fedirec.toml").write_text(f'domain = "guild.example"\n{line}\n')

    assert getattr(load_settings(), name) == expected


@pytest.mark.parametrize(("span", "seconds"), [("75", 75), (90, 90), ("15m", 900), ("1 h", 3600)])
def test_a_span_has_a_unit_or_is_in_seconds(span, seconds):
    assert given(limits={"signature_age": span}).limits.signature_age.total_seconds() == seconds


def test_paths_in_the_file_are_meant_from_its_folder(here, monkeypatch):
    folder = here / "etc"
    folder.mkdir()
    (folder / "guild.toml").write_text('domain = "guild.example"\ndata = "kept"\n')
    monkeypatch.setenv("FEDIREC_CONFIG", str(folder / "guild.toml"))

    assert load_settings().data == folder / "kept"


def test_the_demo_heeds_nothing_around_it(here, monkeypatch):
    monkeypatch.setenv("FEDIREC_TITLE", "Somebody else's guild")

    assert given().title == "A guild"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"domain": "two words"}, "FEDIREC_DOMAIN must be a host name"),
        ({"domain": "user@guild.example"}, "FEDIREC_DOMAIN must be a host name"),
        ({"host": "guild.example/social"}, "FEDIREC_HOST must be a host name"),
        ({"host": "ftp://guild.example"}, "FEDIREC_HOST must be a host name"),
        ({"host": "http://guild.example"}, "http:// needs FEDIREC_TEST_NETWORK"),
        ({"listen": "8080"}, "FEDIREC_LISTEN is ADDRESS:PORT"),
        ({"listen": "127.0.0.1:99999"}, "FEDIREC_LISTEN is ADDRESS:PORT"),
        ({"guild": "No Name"}, "FEDIREC_GUILD: a name is"),
        ({"guild": "root"}, "FEDIREC_GUILD: the name 'root' is reserved"),
        ({"lisen": "127.0.0.1:1"}, "FEDIREC_LISEN is not a setting (did you mean listen?)"),
        ({"log": "xml"}, "FEDIREC_LOG must be json or console, found 'xml'"),
        ({"trusted_proxies": "10.0.0.0/99"}, "FEDIREC_TRUSTED_PROXIES must be networks such as"),
        ({"trusted_proxies": [4]}, "FEDIREC_TRUSTED_PROXIES must be networks such as"),
        ({"title": 5}, "FEDIREC_TITLE must be text, found 5"),
        ({"allow_list": "perhaps"}, "FEDIREC_ALLOW_LIST must be true or false, found 'perhaps'"),
        ({"data": 5}, "FEDIREC_DATA must be a path, found 5"),
        ({"languages": "english please"}, "FEDIREC_LANGUAGES: languages are tags"),
        ({"ports": "0"}, "FEDIREC_PORTS: ports are numbers"),
        ({"ports": "https"}, "FEDIREC_PORTS must be whole numbers, separated by commas"),
        ({"ports": 443}, "FEDIREC_PORTS must be whole numbers, separated by commas"),
        ({"ca_file": "nowhere.pem"}, "FEDIREC_CA_FILE: there is no file"),
        ({"limits": {"word_min": 1}}, "WORD_MIN is not a setting (did you mean words_min?)"),
        ({"limits": {"words_min": 0}}, "__WORDS_MIN must be from 1 to 1000, found 0"),
        ({"limits": {"words_min": "few"}}, "__WORDS_MIN must be a whole number, found 'few'"),
        ({"limits": {"words_min": True}}, "__WORDS_MIN must be a whole number, found True"),
        ({"limits": {"words_min": 900, "words_max": 100}}, "must not be over words_max 100"),
        ({"limits": {"lease": "a while"}}, "FEDIREC_LIMITS__LEASE must be a span such as"),
        ({"limits": {"lease": f"{10**12}d"}}, "FEDIREC_LIMITS__LEASE must be a span such as"),
        ({"limits": {"lease": "2h"}}, "__LEASE must be from 2s to 1h, found 2h"),
        ({"limits": {"lease": "20s"}}, "__LEASE must be longer than delivery_timeout"),
        ({"limits": "none"}, "FEDIREC_LIMITS"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(values, said):
    with pytest.raises(ConfigurationError) as caught:
        given(**values)

    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_domain_is_asked_for(here):
    with pytest.raises(ConfigurationError, match=r"FEDIREC_DOMAIN is not set.*fedirec init"):
        load_settings()


def test_a_file_that_is_named_must_be_there(here, monkeypatch):
    monkeypatch.setenv("FEDIREC_CONFIG", "elsewhere.toml")

    with pytest.raises(ConfigurationError, match=r"elsewhere\.toml, which is not a file"):
        load_settings()


def test_a_broken_file_is_named(here):
    (here / "fedirec.toml").write_text("domain = guild.example\n")

    with pytest.raises(ConfigurationError, match=r"cannot read the settings file fedirec\.toml"):
        load_settings()


@pytest.mark.rule("TR-13")
@pytest.mark.parametrize("host", ["guild.example", "10.0.0.7", "test.example", "nottest.example"])
def test_a_test_network_is_refused_on_a_public_host(host):
    with pytest.raises(ConfigurationError, match="FEDIREC_TEST_NETWORK is for loopback"):
        given(domain=host, test_network="127.0.0.0/8")


@pytest.mark.rule("TR-13")
def test_a_public_handle_domain_is_no_test_network_either():
    with pytest.raises(ConfigurationError, match=r"this is guild\.example"):
        given(host="http://127.0.0.1:8081", test_network="127.0.0.0/8")


@pytest.mark.rule("TR-13")
@pytest.mark.parametrize("host", ["127.0.0.2:8081", "guild.test", "a.localhost:1", "localhost"])
def test_a_test_network_lets_ids_be_plain_http(host):
    settings = given(domain=host, host=f"http://{host}", test_network="127.0.0.1/32,127.0.0.2/32")

    assert settings.instance().origin == f"http://{host}"
    assert [str(network) for network in settings.test_network] == ["127.0.0.1/32", "127.0.0.2/32"]


def test_a_unix_socket_can_be_listened_on():
    assert given(listen="unix:/run/fedirec/socket").listen_address() == Path("/run/fedirec/socket")


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        ("postgresql://guild:secret@db.example/guild", "postgresql://guild:****@db.example/guild"),
        ("postgresql:///guild?user=a&password=secret&ssl=on",
         "postgresql:///guild?user=a&password=****&ssl=on"),
        ("sqlite:////srv/fedirec.db", "sqlite:////srv/fedirec.db"),
    ],
)  # fmt: skip
def test_passwords_are_masked(database, expected):
    shown = given(database=database).masked()

    assert shown["FEDIREC_DATABASE"] == expected
    assert "secret" not in str(shown)


def test_names_that_look_like_settings_and_are_none_are_found():
    assert unknown_variables({"FEDIREC_LISTN": "x", "FEDIREC_DOMAIN": "y", "PATH": "z"}) == [
        "FEDIREC_LISTN"
    ]


def test_every_limit_has_bounds_around_its_default():
    defaults = Limits()

    assert set(BOUNDS) == {field.name for field in fields(Limits)}
    for name, (lowest, highest) in BOUNDS.items():
        assert lowest <= getattr(defaults, name) <= highest, name


def test_the_page_of_settings_names_each_with_its_default_and_bounds():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE))
    shown = given().masked()

    for name in shown:
        if not name.startswith("FEDIREC_LIMITS__"):
            assert f"`{name.removeprefix('FEDIREC_').lower()}` | " in rows[name], name
    for name in BOUNDS:
        default = shown[f"FEDIREC_LIMITS__{name.upper()}"]
        lowest, highest = map(written, BOUNDS[name])
        assert rows[name].startswith(f"{default} | {lowest} | {highest} | "), name
    known = set(shown) | set(BOUNDS) | {"FEDIREC_CONFIG"}
    assert set(rows) <= known


@pytest.mark.rule("OP-06")
def test_the_token_of_the_metrics_is_long_kept_as_a_digest_and_never_shown():
    token = "b" * 24
    settings = given(metrics_token=token)

    assert settings.metrics_digest() == hashlib.sha256(token.encode()).digest()
    assert settings.masked()["FEDIREC_METRICS_TOKEN"] == "****"
    assert token not in f"{settings!r} {settings.masked()}"
    assert given().metrics_digest() is None
    assert given(metrics_token="").metrics_digest() is None
    with pytest.raises(ConfigurationError, match="at least 24 characters") as caught:
        given(metrics_token="hush")
    assert "hush" not in str(caught.value)
