"""The command runs: one small benchmark, from the first process to the last file."""

import json
import subprocess
import sys
from pathlib import Path

from tests.rules import tree


def run(*arguments: str | Path, seconds: float) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=tree.ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def test_a_quick_run_of_one_benchmark_prints_its_table_and_writes_its_json(tmp_path):
    file = tmp_path / "results.json"

    ran = run("--quick", "--only", "reading", "--json", file, seconds=120)

    assert ran.returncode in {0, 1}, ran.stderr  # 1: a goal was missed, which is no error
    assert "actor GET / bare GET" in ran.stdout
    records = json.loads(file.read_text())
    assert [record["name"] for record in records] == [
        "actor GET / bare GET",
        "HTML page of 20 notes / bare GET",
        "the same page, nothing of it kept / bare GET",
    ]
    assert all(record["value"] is not None for record in records), ran.stdout


def test_an_unknown_benchmark_is_refused_with_the_names_of_those_there_are():
    ran = run("--only", "nothing", seconds=60)

    assert ran.returncode == 2
    assert "inbox" in ran.stderr
