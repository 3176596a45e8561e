"""The look, where numbers can say it: contrast, weight, and nothing left lying about."""

import gzip
import re

import pytest

from fedirec.web.assets import STYLESHEETS, find_folder, load_assets
from tests.web.home import HTML
from tests.web.stories import endorsed

TOKEN = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
TEXT_PAIRS = [
    ("ink", "bg"), ("ink", "card"), ("ink", "sunk"), ("soft", "bg"), ("soft", "card"),
    ("soft", "sunk"), ("accent", "bg"), ("accent", "card"), ("on-accent", "accent"),
    ("link", "bg"), ("link", "card"), ("link", "sunk"), ("wait", "wait-bg"), ("no", "no-bg"),
    ("ok", "ok-bg"), ("green", "card"), ("blue", "card"), ("ochre", "card"), ("madder", "card"),
    ("violet", "card"), ("grey", "card"),
]  # fmt: skip
EDGE_PAIRS = [("line", "bg"), ("line", "card"), ("focus", "bg"), ("focus", "card")]


def tokens() -> dict[str, tuple[str, str]]:
    """Each colour in its light and its dark form."""
    text = (find_folder("static") / "tokens.css").read_text()
    return {name: (light, dark) for name, light, dark in TOKEN.findall(text)}


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT_PAIRS)
def test_text_stands_out_from_what_it_stands_on(front, back, scheme):
    colours = tokens()

    assert contrast(colours[front][scheme], colours[back][scheme]) >= 5.8


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), EDGE_PAIRS)
def test_edges_and_focus_can_be_seen(front, back, scheme):
    colours = tokens()

    assert contrast(colours[front][scheme], colours[back][scheme]) >= 3


async def test_a_first_visit_is_light(home):
    await endorsed(home)
    page = await home.ask("/", accept=HTML)
    assets = load_assets()
    sheet = assets.files[assets.stylesheet]

    sizes = [len(gzip.compress(page.body)), len(assets.files[assets.font].body)]
    assert sheet.packed is not None
    assert len(sheet.packed) <= 12_000
    assert sum(sizes) + len(sheet.packed) <= 60_000


def test_every_stylesheet_template_and_static_file_is_used():
    static, templates = find_folder("static"), find_folder("templates")
    known = {
        *STYLESHEETS,
        "embed.css",
        "icon.svg",
        "passkey.js",
        "atkinson-hyperlegible-next-latin.woff2",
    }
    licences = {"atkinson-hyperlegible-next-OFL.txt"}
    code = "".join(path.read_text() for path in find_folder("web").rglob("*.py"))
    markup = "".join(path.read_text() for path in templates.iterdir())

    assert {path.name for path in static.iterdir()} == known | licences
    for path in templates.iterdir():
        assert f'"{path.name}"' in code + markup


def test_stylesheets_hold_no_colour_but_the_tokens():
    for name in STYLESHEETS:
        text = (find_folder("static") / name).read_text()
        if name != "tokens.css":
            assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", text)) <= {"#000"}


def test_a_pasted_card_has_the_colours_of_the_tokens():
    folder = find_folder("static")
    colours = re.findall(r"#[0-9a-f]{6}\b", (folder / "embed.css").read_text())

    assert colours
    assert set(colours) <= set(re.findall(r"#[0-9a-f]{6}\b", (folder / "tokens.css").read_text()))
