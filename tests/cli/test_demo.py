"""`fedirec demo`: the whole story, told by the command a stranger runs first."""

import json
import os
import subprocess
import sys

import pytest


def told(*words: str, folder) -> subprocess.CompletedProcess[str]:
    """Run the demo as a process of its own, in an environment without settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FEDIREC_")}
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "fedirec", "demo", *words],
        cwd=folder,
        env={**clean, "TMPDIR": str(folder)},
        check=False,
        capture_output=True,
        text=True,
        timeout=90,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    done = told("--once", "--json", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done, [json.loads(line) for line in done.stdout.splitlines()], folder


def test_the_story_is_told_to_its_end(demo):
    _, steps, _ = demo

    texts = " ".join(step["text"] for step in steps)
    for part in ("joins", "follows", "says what Bo did well", "says yes", "boosts", "rather not"):
        assert part in texts
    for part in ("posts a job note", "Ada answers privately", "A stranger asks for everything"):
        assert part in texts
    assert [step["step"] for step in steps] == list(range(1, len(steps) + 1))


def test_every_step_names_what_it_is_about(demo):
    _, steps, _ = demo

    assert all(step["id"] and step["id"].startswith("http://127.0.0.1:") for step in steps)


def test_it_is_quiet_beside_its_story_and_tidies_up(demo):
    done, _, folder = demo

    assert done.stderr == ""
    assert list(folder.iterdir()) == []


def test_it_heeds_no_settings_of_the_keeper(tmp_path, monkeypatch):
    (tmp_path / "fedirec.toml").write_text("this is = no settings file\n")

    done = told("--once", folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("  1. Oak Frame Guild opens.")
