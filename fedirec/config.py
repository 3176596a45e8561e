"""Settings: one frozen value from the settings file and the environment, checked once.

The environment wins over the file. Every limit is a setting of its own, kept within bounds that
stay safe (`domain/bounds.py`). `docs/settings.md` says what each means; a test compares them.
"""

import difflib
import hashlib
import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from fedirec.activitypub.identifiers import Instance
from fedirec.domain.actors import Host
from fedirec.domain.bounds import BOUNDS
from fedirec.domain.handles import check_member_name
from fedirec.domain.limits import Limits
from fedirec.domain.origins import parse_host, parse_url
from fedirec.errors import ConfigurationError, InvalidInputError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PREFIX: Final = "FEDIREC_"
DEFAULT_FILE: Final = Path("fedirec.toml")

_SPAN: Final = re.compile(r"(\d+)\s*([smhd]?)")
_SQLITE: Final = "sqlite:///"
_PASSWORD: Final = re.compile(r"(?<=[?&])((?:ssl)?password)=[^&]*")
_MAX_PORT: Final = 65_535
_LEAST_TOKEN: Final = 24
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_UNITS: Final = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpAddress:
    """Where to listen: an address of this machine and a port; 0 takes a free one."""

    host: str
    port: int


class Settings(BaseSettings):
    """What a keeper decides, named as in the file; the environment has `FEDIREC_NAME`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    domain: str
    host: str = ""
    guild: str = "guild"
    title: str = "A guild"
    languages: Annotated[tuple[str, ...], NoDecode] = ("en",)
    database: str = ""
    data: Path = Path("data")
    listen: str = "127.0.0.1:8080"
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = ()
    ca_file: Path | None = None
    ports: Annotated[tuple[int, ...], NoDecode] = (443,)
    test_network: Annotated[tuple[Network, ...], NoDecode] = ()
    allow_list: bool = False
    authorized_fetch: bool = False
    shared_port: bool = False
    metrics_token: SecretStr | None = None
    log: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    limits: Limits = Limits()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (the library names the arguments)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the environment above what was handed in (the file)."""
        return env_settings, init_settings

    @field_validator("languages", "trusted_proxies", "ports", "test_network", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("limits", mode="before")
    @classmethod
    def _read_spans(cls, value: object) -> object:
        """Spans may be written `90`, `90s`, `15m`, `12h` or `30d`."""
        if not isinstance(value, Mapping):
            return value
        spans = {field.name for field in fields(Limits) if field.type is timedelta}
        return {
            name: _span(name, given) if name in spans and isinstance(given, str) else given
            for name, given in value.items()
        }

    @field_validator("limits", mode="after")
    @classmethod
    def _check_bounds(cls, value: Limits) -> Limits:
        for name, (lowest, highest) in BOUNDS.items():
            given = getattr(value, name)
            if not lowest <= given <= highest:
                message = f"{name} must be from {lowest} to {highest}, found {given}"
                raise ValueError(message)
        if value.words_min > value.words_max:
            message = f"words_min {value.words_min} is over words_max {value.words_max}"
            raise ValueError(message)
        if value.delivery_timeout >= value.lease:
            message = "lease must be longer than delivery_timeout, or work is done twice"
            raise ValueError(message)
        return value

    @field_validator("languages")
    @classmethod
    def _check_languages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not all(_LANGUAGE.fullmatch(language) for language in value):
            message = f"languages are tags such as en,de, found {','.join(value)!r}"
            raise ValueError(message)
        return value

    @field_validator("ports")
    @classmethod
    def _check_ports(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not all(0 < port <= _MAX_PORT for port in value):
            message = f"ports are numbers from 1 to {_MAX_PORT}"
            raise ValueError(message)
        return value

    @field_validator("metrics_token")
    @classmethod
    def _check_token(cls, value: SecretStr | None) -> SecretStr | None:
        found = len(value.get_secret_value()) if value is not None else 0
        if 0 < found < _LEAST_TOKEN:
            message = (
                f"a token has at least {_LEAST_TOKEN} characters; `openssl rand -hex 32` makes one"
            )
            raise ValueError(message)
        return value if found else None

    @field_validator("guild")
    @classmethod
    def _check_guild(cls, value: str) -> str:
        # "guild" is reserved for members and is the default here
        return value if value == "guild" else check_member_name(value)

    @model_validator(mode="after")
    def _check_together(self) -> "Settings":
        self.instance()
        self.listen_address()
        if self.ca_file is not None and not self.ca_file.is_file():
            message = f"FEDIREC_CA_FILE: there is no file {self.ca_file}"
            raise ValueError(message)
        if self.shared_port and self.sqlite_file() is not None:
            message = "FEDIREC_SHARED_PORT: several `serve` share a port on PostgreSQL only"
            raise ValueError(message)
        if self.test_network:
            for name in (self.instance().host, self.instance().domain):
                _check_not_public(name)
        return self

    def instance(self) -> Instance:
        """Where this instance is; its ids are https unless a test network allows plain http."""
        scheme, separator, bare = (self.host or self.domain).rpartition("://")
        if separator and scheme not in ("http", "https"):
            message = f"FEDIREC_HOST must be a host name, found {self.host!r}"
            raise ValueError(message)
        if scheme == "http" and not self.test_network:
            message = "FEDIREC_HOST: http:// needs FEDIREC_TEST_NETWORK; write the host name alone"
            raise ValueError(message)
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
            raise ValueError(message)
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
        if self.metrics_token is None:
            return None
        return hashlib.sha256(self.metrics_token.get_secret_value().encode()).digest()

    def masked(self) -> dict[str, str]:
        """Every setting as text, by its name in the environment; a password shows as `****`."""
        shown = {
            PREFIX + name.upper(): _text(getattr(self, name))
            for name in type(self).model_fields
            if name != "limits"
        }
        shown[PREFIX + "DATABASE"] = masked_url(self.database_url())
        shown[PREFIX + "HOST"] = self.host or self.domain
        for field in fields(Limits):
            shown[f"{PREFIX}LIMITS__{field.name.upper()}"] = _text(getattr(self.limits, field.name))
        return shown


class _GivenSettings(Settings):
    """Settings that heed nothing but what they are given."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


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
    kind = Settings if heeds_environment else _GivenSettings
    try:
        # the library fills the fields from its sources, which mypy cannot see
        return kind(**dict(values))  # type: ignore[arg-type]
    except ValidationError as error:
        raise ConfigurationError(_explain(error)) from error
    except InvalidInputError as error:
        message = f"{PREFIX}GUILD: {error}"
        raise ConfigurationError(message) from error


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Return the names in `environment` that look like settings and are none."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {PREFIX + "CONFIG"}
    known |= {f"{PREFIX}LIMITS__{field.name.upper()}" for field in fields(Limits)}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


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


def _explain(error: ValidationError) -> str:
    """Return one line for the first thing wrong."""
    first = error.errors()[0]
    # only limits have names below their own; deeper places are the library's
    place = first["loc"][: 2 if first["loc"][:1] == ("limits",) else 1]
    name = PREFIX + "__".join(str(part).upper() for part in place)
    if first["type"] == "missing":
        return f"{name} is not set: name it in {settings_file()}, or run `fedirec init`"
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        near = _suggestion(place)
        return f"{name} is not a setting{near}; docs/settings.md lists them all"
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "value_error":
        return f"{name}: {message}" if first["loc"] else message
    return f"{name}: {message[0].lower()}{message[1:]}, found {first['input']!r}"


def _suggestion(place: tuple[int | str, ...]) -> str:
    names = list(BOUNDS) if len(place) > 1 else list(Settings.model_fields)
    near = difflib.get_close_matches(str(place[-1]), names, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _host(field: str, text: str, scheme: str) -> Host:
    """Return `text` as a host with an optional port: lower case, A-labels, no default port."""
    try:
        return parse_url(f"{scheme}://{parse_host(text)}/", allow_http=True).host
    except InvalidInputError as error:
        message = f"{PREFIX}{field} must be a host name such as guild.example; {error}"
        raise ValueError(message) from error


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
        raise ValueError(message)


def _span(name: str, text: str) -> timedelta:
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        message = f"{name} is a span such as 90s, 15m, 12h or 30d, found {text!r}"
        raise ValueError(message)
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def masked_url(url: str) -> str:
    """Return the address of a database as anybody may read it, each password as `****`."""
    shown = _PASSWORD.sub(r"\1=****", url)
    parts = urlsplit(shown)
    if parts.password is None:
        return shown
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":****@")))


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case SecretStr():
            return "****"
        case bool():
            return str(value).lower()
        case timedelta():
            return _span_text(value)
        case tuple():
            return ",".join(str(part) for part in value)
        case _:
            return str(value)


def _span_text(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
