"""The wheel is whole: installed in a place of its own, it runs and has what its pages need."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.rules import tree

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command away from the checkout, with nothing of this process's Python settings."""
    environment = {name: value for name, value in os.environ.items() if "PYTHON" not in name}
    done = subprocess.run(  # noqa: S603 - the command is spelled out below
        command, cwd=cwd, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=tree.ROOT)
    return next(folder.glob("fedirec-*.whl"))


@pytest.fixture(scope="module")
def commands(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel alone; its dependencies are those that run these tests."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    install = ("-m", "pip", "install", "--quiet", "--no-index", "--no-deps")
    run(folder / "bin" / "python", *install, wheel, cwd=folder)
    site = folder / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def test_the_wheel_holds_everything_that_is_read_at_run_time(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())

    wanted = {
        path if path.startswith("fedirec/") else f"fedirec/{path}"
        for path in tree.files()
        if path.startswith(("fedirec/", "static/", "templates/"))
    }

    assert any(path.endswith(".sql") for path in wanted)
    assert any(path.startswith("fedirec/templates/") for path in wanted)
    assert any(path.startswith("fedirec/static/") for path in wanted)
    assert wanted - inside == set()


def test_the_wheel_holds_no_tests_and_says_its_license(wheel):
    inside = zipfile.ZipFile(wheel).namelist()

    assert [path for path in inside if path.startswith("tests/")] == []
    assert [path for path in inside if path.endswith("licenses/LICENSE")] != []


def test_the_installed_command_answers(commands):
    told = run(commands / "fedirec", "--help", cwd=commands)

    assert "serve" in told


def test_the_installed_package_is_the_wheels(commands):
    where = run(
        commands / "python", "-c", "import fedirec; print(fedirec.__file__)", cwd=commands
    ).strip()

    assert Path(where).is_relative_to(commands.parent)
