"""Where templates and static files are, and the static files themselves, read once.

They lie beside the package in a checkout and inside it in a wheel. The stylesheets become one file,
in the order of their layers, under a name that changes with its content, so that browsers may keep
it for ever; nothing else touches the disk while serving (OP-10).
"""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

STYLESHEETS: Final = (
    "reset.css",
    "tokens.css",
    "elements.css",
    "layout.css",
    "components.css",
    "forms.css",
    "views.css",
    "members.css",
    "pictures.css",
    "keeping.css",
    "desk.css",
)
_FONT: Final = "atkinson-hyperlegible-next-latin.woff2"
_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_WORTH_PACKING: Final = frozenset({"text/css", "text/javascript", "image/svg+xml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One static file: `packed` is the gzip form where that pays."""

    name: str
    media_type: str
    body: bytes
    packed: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """All static files by the name in their URL, and the names that pages link.

    `embed` is the stylesheet of cards pasted into other sites.
    """

    files: dict[str, Asset]
    stylesheet: str
    font: str
    icon: str
    passkey: str
    embed: bytes


def find_folder(name: str) -> Path:
    """Return the folder `static` or `templates`, inside the package or beside it."""
    package = Path(__file__).resolve().parent.parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


def load_assets() -> Assets:
    """Read every static file; blocking, a few milliseconds, once per process."""
    folder = find_folder("static")
    font = _asset(_FONT, (folder / _FONT).read_bytes())
    icon = _asset("icon.svg", (folder / "icon.svg").read_bytes())
    passkey = _asset("passkey.js", (folder / "passkey.js").read_bytes())
    sheets = [(folder / name).read_bytes() for name in STYLESHEETS]
    stylesheet = _asset(
        "fedirec.css", b"\n".join(sheets).replace(_FONT.encode(), font.name.encode())
    )
    assets = (font, icon, passkey, stylesheet)
    return Assets(
        files={asset.name: asset for asset in assets},
        stylesheet=stylesheet.name,
        font=font.name,
        icon=icon.name,
        passkey=passkey.name,
        embed=(folder / "embed.css").read_bytes(),
    )


def _asset(name: str, body: bytes) -> Asset:
    """Return the asset under its name with the start of its digest in it."""
    stem, _, suffix = name.rpartition(".")
    digest = hashlib.sha256(body).hexdigest()[:12]
    media_type = _TYPES[f".{suffix}"]
    return Asset(
        name=f"{stem}-{digest}.{suffix}",
        media_type=media_type,
        body=body,
        packed=gzip.compress(body, mtime=0) if media_type in _WORTH_PACKING else None,
    )
