"""What a keeper gets: the image's steps, the locks, and the two commands of the README."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted(path.stem for path in (ROOT / "locks").glob("*.txt"))
SCRIPTS = sorted(path.name for path in (ROOT / ".ci").iterdir())


def test_the_image_is_built_by_the_steps_that_are_tested_here():
    dockerfile = (ROOT / "Dockerfile").read_text()

    built = [line for line in dockerfile.splitlines() if line.startswith("RUN ")]
    assert built[0] == "RUN sh .ci/image-steps /opt/fedirec"
    assert "COPY --from=build /opt/fedirec /opt/fedirec" in dockerfile


def test_the_image_runs_as_nobody_special_and_says_whether_it_is_well():
    dockerfile = (ROOT / "Dockerfile").read_text()

    assert "\nUSER fedirec\n" in dockerfile
    assert "/healthz" in dockerfile.partition("HEALTHCHECK")[2]
    assert 'CMD ["fedirec", "serve"]' in dockerfile
    assert all(line.endswith((" AS build", "-slim")) for line in re.findall("FROM.*", dockerfile))


def test_the_compose_file_is_one_service_behind_loopback():
    compose = (ROOT / "compose.yaml").read_text()

    assert re.findall(r"^  (\w+):$", compose, re.MULTILINE) == ["fedirec"]
    assert 'ports: ["127.0.0.1:8080:8080"]' in compose


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_by_hash_and_names_no_address(name):
    lock = (ROOT / "locks" / f"{name}.txt").read_text()

    entries = re.split(r"\n(?=\w)", re.sub(r"(?m)^ *#.*\n", "", lock).strip())
    assert {"build", "node", "runtime", "test"} <= set(LOCKS)
    assert "://" not in lock
    assert not re.search(r"(?m)^\s*(-i|--index-url|--extra-index-url|--find-links)\b", lock)
    for entry in entries:
        assert re.match(r"[\w.-]+(\[[\w, -]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_locks_hold_every_dependency_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["postgresql"]
    locked = locked_names("runtime")

    assert {plain_name(line) for line in wanted} <= locked
    tools = {plain_name(line) for line in project["optional-dependencies"]["test"]}
    assert tools - {"fedirec"} <= locked_names("test")
    assert locked <= locked_names("test")


def locked_names(name: str) -> set[str]:
    """The names that a lock pins."""
    return set(re.findall(r"(?m)^([\w.-]+)==", (ROOT / "locks" / f"{name}.txt").read_text()))


def plain_name(requirement: str) -> str:
    """A requirement's name as locks spell it."""
    found = re.match(r"[\w.-]+", requirement)
    assert found is not None
    return found[0].lower().replace("_", "-")


def test_the_readme_has_two_commands_of_one_line_each():
    readme = (ROOT / "README.md").read_text()

    first, second = re.findall(r"(?m)^python3 .*$", readme)
    assert first.endswith("fedirec demo")
    assert "locks/runtime.txt" in first
    assert "pytest" in second
    assert "locks/test.txt" in second


def test_the_readme_says_why_httpsig_is_for_tests_alone():
    said = (ROOT / "README.md").read_text().partition("**Why httpsig")[2].partition("\n\n")[0]

    assert len(said.splitlines()) == 3
    assert "HMAC" in said


def test_the_license_is_the_whole_text():
    text = (ROOT / "LICENSE").read_text()

    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in text
    assert "13. Remote Network Interaction" in text
    assert text.rstrip().endswith("<https://www.gnu.org/licenses/>.")


def test_every_script_is_executable_and_parses():
    for name in SCRIPTS:
        script = ROOT / ".ci" / name
        assert os.access(script, os.X_OK), name
        shell = "bash" if "bash" in script.read_text().splitlines()[0] else "sh"
        subprocess.run([shell, "-n", str(script)], check=True, timeout=60)  # noqa: S603


def test_no_script_knows_this_machine():
    for name in SCRIPTS:
        script = (ROOT / ".ci" / name).read_text()
        assert not re.search(r"(?m)(^|[\s\"'=])/(root|home|work|Users)/", script), name
        assert "://" not in script, name


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the image's steps make: the one `.ci/run` made a moment ago, or one of our own."""
    if made := os.environ.get("FEDIREC_TEST_IMAGE"):
        return Path(made)
    folder = tmp_path_factory.mktemp("image") / "fedirec"
    steps = [str(ROOT / ".ci" / "image-steps"), str(folder), sys.executable]
    subprocess.run(steps, check=True, timeout=600, capture_output=True)  # noqa: S603
    return folder


@pytest.mark.slow
def test_what_the_image_holds_tells_the_whole_story(image, tmp_path):
    clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    told = subprocess.run(  # noqa: S603 - our own command
        [image / "bin" / "fedirec", "demo", "--once"],
        cwd=tmp_path,
        env=clean,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert told.returncode == 0, told.stdout + told.stderr
    assert "A stranger asks for everything above" in told.stdout


@pytest.mark.slow
def test_what_the_image_holds_is_what_runs(image, tmp_path):
    script = "import fedirec, importlib.util as u; print(fedirec.__file__, u.find_spec('httpsig'))"

    where = subprocess.run(  # noqa: S603 - the script is above
        [image / "bin" / "python", "-c", script],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout

    assert where.startswith(str(image))
    assert where.endswith(" None\n")
