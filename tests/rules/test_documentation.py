"""What is there is written down, and what is written down is there."""

import argparse
import re
from collections.abc import Iterator

import pytest

from fedirec import errors
from fedirec.activitypub.identifiers import Instance
from fedirec.cli.main import build_parser
from fedirec.domain.actors import Host
from fedirec.web.routes import routes
from tests.rules import tree


def commands(
    parser: argparse.ArgumentParser, name: str = "fedirec"
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command by its whole name."""
    groups = [act for act in parser._actions if isinstance(act, argparse._SubParsersAction)]
    if not groups:
        yield name, parser
    for group in groups:
        for word, inner in group.choices.items():
            yield from commands(inner, f"{name} {word}")


def usage(name: str, parser: argparse.ArgumentParser) -> str:
    """How a command is written: its arguments, then its options, in order."""
    listed = [act for act in parser._actions if not {"--help", "--json"} & {*act.option_strings}]
    return " ".join((name, *map(written, sorted(listed, key=lambda act: bool(act.option_strings)))))


def written(act: argparse.Action) -> str:
    """One argument, or one option with its value: in brackets if it may be left out."""
    value = "" if act.nargs == 0 else str(act.metavar or "|".join(map(str, act.choices or ())))
    word = " ".join(part for part in (*act.option_strings[:1], value) if part)
    is_needed = act.required if act.option_strings else act.nargs != "?"
    is_repeated = isinstance(act, argparse._AppendAction)
    return (word if is_needed else f"[{word}]") + "…" * is_repeated


def test_every_command_has_its_line_with_all_that_it_takes_and_the_reverse():
    lines = re.findall(r"^\| `(fedirec .+?)` \| ", tree.text("docs/commands.md"), re.MULTILINE)

    told = [line.replace("\\|", "|") for line in lines]
    assert sorted(told) == sorted(usage(*command) for command in commands(build_parser()))


def table(marker: str) -> str:
    """The table behind a marker of FEDERATION.md."""
    behind = tree.text("FEDERATION.md").split(f"<!-- {marker} -->")[1]
    return behind.split("\n\n", 1)[0]


def test_every_route_has_its_line_and_the_reverse():
    documented = re.findall(r"`((?:GET|POST) /[^`]*)`", table("addresses"))

    served = [f"{route.method} {without_patterns(route.path)}" for route in routes()]
    assert sorted(documented) == sorted(served)


def without_patterns(path: str) -> str:
    """A route's path with the names of its parts alone: `/users/{name}`."""
    return re.sub(r"\{(\w+):(?:[^{}]|\{\d+(?:,\d+)?\})*\}", r"{\1}", path)


INSTANCE = Instance(domain=Host("HOST"), host=Host("HOST"), guild_name="{guild}")


@pytest.mark.parametrize(
    "made",
    [
        INSTANCE.actor_id,
        INSTANCE.guild_id,
        INSTANCE.shared_inbox,
        INSTANCE.member_id("{name}"),
        INSTANCE.inbox(INSTANCE.member_id("{name}")),
        INSTANCE.profile_url("{name}"),
        INSTANCE.endorsement_id("{ulid}"),
        INSTANCE.job_id("{ulid}"),
        INSTANCE.note_id("{ulid}"),
        INSTANCE.activity_id("{ulid}"),
        INSTANCE.stamp_id("{ulid}"),
        INSTANCE.tag_url("{tag}"),
    ],
)
def test_every_kind_of_id_has_its_line(made):
    assert f"`{made}`" in table("ids")


def test_every_error_is_drawn_where_it_stands_in_the_tree():
    drawn = re.findall(r"^([│├└─ ]*)(\w+Error)\b", str(errors.__doc__), re.MULTILINE)
    parents: dict[str, str] = {}
    above: list[str] = []
    for lines, name in drawn:
        del above[len(lines) // 4 :]
        parents[name] = above[-1] if above else "Exception"
        above.append(name)

    raised = [found for found in vars(errors).values() if isinstance(found, type)]
    assert parents == {
        found.__name__: found.__bases__[0].__name__
        for found in raised
        if issubclass(found, Exception)
    }


def test_every_template_is_shown_or_built_upon():
    templates = {path for path in tree.files() if path.startswith("templates/")}
    named = {
        name
        for path in (*tree.modules(), *templates)
        for name in re.findall(r"[\"']([\w/-]+\.html)[\"']", tree.text(path))
    }

    assert {path.removeprefix("templates/") for path in templates} == named


def test_every_static_file_is_used():
    everything = "".join(
        tree.text(path)
        for path in tree.files()
        if path.startswith(("fedirec/", "templates/")) or path.endswith(".css")
    )
    unused = [
        path
        for path in tree.files()
        if path.startswith("static/")
        and path.rpartition("/")[2] not in everything
        and not path.endswith("-OFL.txt")  # the licence of the typeface beside it
    ]

    assert unused == []
