"""Settings: one frozen value from the settings file and the environment, checked once.

The environment wins over the file. Every limit is a setting of its own, kept within bounds that
stay safe (`domain/bounds.py`); how values are written is in `domain/spelling.py`.
`docs/settings.md` says what each means; a test compares them.

Read by our own means: pydantic-settings would cost every command 200 ms, over half of aiohttp.
"""

import difflib
import hashlib
import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from fedirec.activitypub.identifiers import Instance
from fedirec.domain.actors import Host
from fedirec.domain.bounds import check_limits
from fedirec.domain.handles import check_member_name
from fedirec.domain.limits import Limits
from fedirec.domain.origins import parse_host, parse_url
from fedirec.domain.spelling import LogLevel, LogStyle, Network, Secret, read_as, written
from fedirec.errors import ConfigurationError, InvalidInputError

PREFIX: Final = "FEDIREC_"
LIMITS: Final = "FEDIREC_LIMITS__"
DEFAULT_FILE: Final = Path("fedirec.toml")

_SQLITE: Final = "sqlite:///"
_PASSWORD: Final = re.compile(r"(?<=[?&])((?:ssl)?password)=[^&]*")
_MAX_PORT: Final = 65_535
_LEAST_TOKEN: Final = 24
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpAddress:
    """Where to listen: an address of this machine and a port; 0 takes a free one."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a keeper decides, named as in the file; the environment has `FEDIREC_NAME`.

    Settings that do not hold together cannot be made: they raise ConfigurationError.
    """

    domain: str
    host: str = ""
    guild: str = "guild"
    title: str = "A guild"
    languages: tuple[str, ...] = ("en",)
    database: str = field(default="", repr=False)  # it may name a password
    data: Path = Path("data")
    listen: str = "127.0.0.1:8080"
    trusted_proxies: tuple[Network, ...] = ()
    ca_file: Path | None = None
    ports: tuple[int, ...] = (443,)
    test_network: tuple[Network, ...] = ()
    allow_list: bool = False
    authorized_fetch: bool = False
    shared_port: bool = False
    metrics_token: Secret = field(default=Secret(""), repr=False)
    log: LogStyle = "json"
    log_level: LogLevel = "info"
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self._check_words()
        self._check_doors()
        try:
            check_limits(self.limits)
        except InvalidInputError as error:
            message = f"{LIMITS}{(error.field or '').upper()} {error}"
            raise ConfigurationError(message) from error

    def _check_words(self) -> None:
        if not self.languages or not all(map(_LANGUAGE.fullmatch, self.languages)):
            message = f"languages are tags such as en,de, found {','.join(self.languages)!r}"
            raise _wrong("languages", message)
        if 0 < len(self.metrics_token) < _LEAST_TOKEN:
            message = (
                f"a token has at least {_LEAST_TOKEN} characters; `openssl rand -hex 32` makes one"
            )
            raise _wrong("metrics_token", message)
        try:
            # "guild" is reserved for members and is the default here
            _ = self.guild == "guild" or check_member_name(self.guild)
        except InvalidInputError as error:
            raise _wrong("guild", str(error)) from error

    def _check_doors(self) -> None:
        instance = self.instance()
        self.listen_address()
        if not all(0 < port <= _MAX_PORT for port in self.ports):
            raise _wrong("ports", f"ports are numbers from 1 to {_MAX_PORT}")
        if self.ca_file is not None and not self.ca_file.is_file():
            raise _wrong("ca_file", f"there is no file {self.ca_file}")
        if self.shared_port and self.sqlite_file() is not None:
            raise _wrong("shared_port", "several `serve` share a port on PostgreSQL only")
        if self.test_network:
            for name in (instance.host, instance.domain):
                _check_not_public(name)

    def instance(self) -> Instance:
        """Where this instance is; its ids are https unless a test network allows plain http."""
        scheme, separator, bare = (self.host or self.domain).rpartition("://")
        if separator and scheme not in ("http", "https"):
            message = f"FEDIREC_HOST must be a host name, found {self.host!r}"
            raise ConfigurationError(message)
        if scheme == "http" and not self.test_network:
            message = "FEDIREC_HOST: http:// needs FEDIREC_TEST_NETWORK; write the host name alone"
            raise ConfigurationError(message)
        scheme = scheme or "https"
        return Instance(
            domain=_host("DOMAIN", self.domain.rpartition("://")[2], scheme),
            host=_host("HOST", bare, scheme),
            scheme=scheme,
            guild_name=self.guild,
            title=self.title,
            languages=self.languages,
        )

    def listen_address(self) -> TcpAddress | Path:
        """The address to listen on, or the path of the unix socket."""
        if self.listen.startswith("unix:") and len(self.listen) > len("unix:"):
            return Path(self.listen.removeprefix("unix:"))
        host, _, port = self.listen.rpartition(":")
        if not host or not port.isdecimal() or int(port) > _MAX_PORT:
            message = f"FEDIREC_LISTEN is ADDRESS:PORT or unix:/path, found {self.listen!r}"
            raise ConfigurationError(message)
        return TcpAddress(host=host.strip("[]"), port=int(port))

    def database_url(self) -> str:
        """The database's URL; SQLite in the data folder when none is named."""
        return self.database or f"{_SQLITE}{(self.data / 'fedirec.db').absolute()}"

    def sqlite_file(self) -> Path | None:
        """The file that the database is, None on PostgreSQL."""
        kind, separator, path = self.database_url().partition(_SQLITE)
        return Path(path) if separator and not kind else None

    def metrics_digest(self) -> bytes | None:
        """SHA-256 of the token that opens `/metrics`; None when there is none."""
        return hashlib.sha256(self.metrics_token.encode()).digest() if self.metrics_token else None

    def masked(self) -> dict[str, str]:
        """Every setting as text, by its name in the environment; a password shows as `****`."""
        shown = {
            PREFIX + each.name.upper(): written(getattr(self, each.name))
            for each in fields(self)
            if each.name != "limits"
        }
        shown[PREFIX + "DATABASE"] = masked_url(self.database_url())
        shown[PREFIX + "HOST"] = self.host or self.domain
        shown[PREFIX + "METRICS_TOKEN"] = "****" if self.metrics_token else ""
        for each in fields(Limits):
            shown[LIMITS + each.name.upper()] = written(getattr(self.limits, each.name))
        return shown


def settings_file(environment: Mapping[str, str] | None = None) -> Path:
    """Return where the settings file is, or would be."""
    environment = os.environ if environment is None else environment
    return Path(environment.get(PREFIX + "CONFIG", DEFAULT_FILE))


def load_settings() -> Settings:
    """Read the settings file, if there is one, and the environment.

    Raises:
        ConfigurationError: One line naming the setting, what was expected and what was found.
    """
    path = settings_file()
    if not path.is_file() and PREFIX + "CONFIG" in os.environ:
        message = f"{PREFIX}CONFIG names {path}, which is not a file: `fedirec init` writes one"
        raise ConfigurationError(message)
    return build_settings(_read_file(path) if path.is_file() else {})


def build_settings(values: Mapping[str, object], *, heeds_environment: bool = True) -> Settings:
    """Return settings of `values`, named as in the file, under what the environment says.

    Args:
        values: By the names of the file.
        heeds_environment: Off for an instance that is none of this process's keeper, as in a demo.

    Raises:
        ConfigurationError: As `load_settings`.
    """
    said = os.environ if heeds_environment else {}
    given = {**values, **_said_of_all(said)}
    limits = given.pop("limits", {})
    if not isinstance(limits, Mapping):
        raise _wrong("limits", f"must be a table of limits, found {limits!r}")
    if "domain" not in given:
        message = f"{PREFIX}DOMAIN is not set: name it in {settings_file()}, or run `fedirec init`"
        raise ConfigurationError(message)
    read = _read(given, _declared(Settings), prefix=PREFIX)
    read_limits = _read({**limits, **_said_of_limits(said)}, _declared(Limits), prefix=LIMITS)
    # each has the type it is declared with, which mypy cannot see
    return Settings(**read, limits=Limits(**read_limits))  # type: ignore[arg-type]


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Return the names in `environment` that look like settings and are none."""
    known = {PREFIX + name.upper() for name in _declared(Settings)} | {PREFIX + "CONFIG"}
    known |= {LIMITS + name.upper() for name in _declared(Limits)}
    return sorted(
        name for name in environment if name.upper().startswith(PREFIX) and name not in known
    )


def _declared(kind: type[Settings | Limits]) -> dict[str, object]:
    """Return the type of each setting that is written by itself, by its name in the file."""
    return {each.name: each.type for each in fields(kind) if each.type is not Limits}


def _said_of_all(environment: Mapping[str, str]) -> dict[str, object]:
    """Return what the environment says; names that are none have no effect (`config check`)."""
    names = {PREFIX + name.upper(): name for name in _declared(Settings)}
    return {name: environment[said] for said, name in names.items() if said in environment}


def _said_of_limits(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the environment says of limits, of such as there are none too."""
    return {
        said.removeprefix(LIMITS).lower(): value
        for said, value in environment.items()
        if said.startswith(LIMITS)
    }


def _read(
    given: Mapping[str, object], declared: Mapping[str, object], *, prefix: str
) -> dict[str, object]:
    """Return each given setting as the type it is declared with."""
    read = {}
    for name, value in given.items():
        said = prefix + name.upper()
        if name not in declared:
            near = difflib.get_close_matches(name, declared, n=1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            message = f"{said} is not a setting{meant}; docs/settings.md lists them all"
            raise ConfigurationError(message)
        try:
            read[name] = read_as(declared[name], value)
        except InvalidInputError as error:
            message = f"{said} {error}"
            raise ConfigurationError(message) from error
    return read


def _read_file(path: Path) -> dict[str, object]:
    """Return the file's values; paths in it are meant from the folder it lies in."""
    try:
        values: dict[str, object] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"cannot read the settings file {path}: {error}"
        raise ConfigurationError(message) from error
    for name in ("data", "ca_file"):
        if isinstance(given := values.get(name), str):
            values[name] = path.parent / given
    return values


def _wrong(name: str, message: str) -> ConfigurationError:
    return ConfigurationError(f"{PREFIX}{name.upper()}: {message}")


def _host(field: str, text: str, scheme: str) -> Host:
    """Return `text` as a host with an optional port: lower case, A-labels, no default port."""
    try:
        return parse_url(f"{scheme}://{parse_host(text)}/", allow_http=True).host
    except InvalidInputError as error:
        message = f"{PREFIX}{field} must be a host name such as guild.example; {error}"
        raise ConfigurationError(message) from error


def _check_not_public(host: str) -> None:
    """TR-13: a test network is for hosts that nobody outside can mean."""
    name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    try:
        is_private = ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_private = name == "localhost" or name.endswith((".test", ".localhost"))
    if not is_private:
        message = (
            f"FEDIREC_TEST_NETWORK is for loopback, .test and .localhost hosts only, and this is "
            f"{host}: unset it"
        )
        raise ConfigurationError(message)


def masked_url(url: str) -> str:
    """Return the address of a database as anybody may read it, each password as `****`."""
    shown = _PASSWORD.sub(r"\1=****", url)
    parts = urlsplit(shown)
    if parts.password is None:
        return shown
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":****@")))
