"""Set-up and the make targets, on a copy of the checkout with stand-ins for the system's programs.

Each test builds a PATH of its own: the plain tools as they are, and stand-ins for Python, Racket,
id and apt-get that write down how they were called. So it shows what happens without Racket,
without the venv module or without a password-free root, whatever this machine is.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from architecto.runs.configuration import Configuration

ROOT = Path(__file__).resolve().parents[2]
TOOLS = """
    awk basename bash cat cmp cp dirname echo env find grep head ls make mkdir mktemp printf rm sed
    sh sort tail touch true
"""

PYTHON = """
case "$*" in
    *version_info*) exit {old} ;;
    *ensurepip*) [ -e "$MACHINE/has-venv" ] ;;
    --version) echo "Python {version}" ;;
    "-m venv --clear .venv") mkdir -p .venv/bin
        cp "$MACHINE/venv-python" .venv/bin/python
        cp "$MACHINE/venv-python" .venv/bin/pip ;;
esac
"""
VENV_PYTHON = """
case "$*" in
    *'version("torch")'*) exit 1 ;;
    *"import torch, torchvision"*) [ -e "$MACHINE/mismatch" ] && {{ echo "no nms" >&2; exit 1; }} ;;
    *tomllib*) exec {real} "$@" ;;
    *"-m architecto"*) printf '<%s>' "$@" >> "$MACHINE/calls"; exit "${{EXIT:-0}}" ;;
    *) echo "python $*" >> "$MACHINE/calls" ;;
esac
exit 0
"""
RACKET = """
case "$*" in
    --version) echo "Welcome to Racket v{version} [cs]." ;;
    *) exit {incomplete} ;;
esac
"""
APT_GET = """
echo "apt-get $*" >> "$MACHINE/calls"
case "$*" in
    *--assume-no*) echo "Need to get 108 MB of archives."; exit 1 ;;
    install*)
        [ -e "$MACHINE/apt-fails" ] && { echo "E: Unable to fetch some archives" >&2; exit 100; }
        [ -e "$MACHINE/racket" ] && cp "$MACHINE/racket" "$MACHINE/bin/racket"
        touch "$MACHINE/has-venv" ;;
esac
exit 0
"""


class Machine:
    """A checkout and a PATH: Debian with Python 3.12, its venv module and Racket 8.7; not root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkout = folder / "checkout"
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        for name in ("Makefile", ".make", "python/pyproject.toml"):
            target = self.checkout / name
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, target)
        for tool in TOOLS.split():
            (self.bin / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool} on PATH"))
        self.write("bin/python3", PYTHON.format(old=0, version="3.12.1"))
        self.write("venv-python", VENV_PYTHON.format(real=sys.executable))
        self.write("has-venv", "")
        self.write("racket", RACKET.format(version="8.7", incomplete=0))
        self.write("bin/racket", RACKET.format(version="8.7", incomplete=0))
        self.write("bin/raco", 'echo "raco $*" >> "$MACHINE/calls"')
        self.write("bin/uname", "echo Linux x86_64")
        self.write("bin/id", "echo 1000")

    def write(self, name: str, body: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()

    def make(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", *arguments],
            cwd=self.checkout,
            env={"PATH": str(self.bin), "MACHINE": str(self.folder), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def calls(self) -> list[str]:
        """How the stand-ins were called since the last question."""
        calls = self.folder / "calls"
        lines = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
        calls.unlink(missing_ok=True)
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def the_line(result: subprocess.CompletedProcess[str]) -> str:
    """The one line on stderr of a set-up that cannot go on (make's own apart)."""
    assert result.returncode != 0
    lines = [line for line in result.stderr.splitlines() if not line.startswith("make")]
    assert len(lines) == 1, result.stderr
    return lines[0]


# ---- set-up -------------------------------------------------------------------------------------


def test_installs_the_package_with_its_tools_and_says_the_size_first(machine):
    result = machine.make("setup")
    assert result.returncode == 0, result.stderr
    assert machine.calls() == [
        "python -m pip install --disable-pip-version-check --quiet --editable python[dev]"
    ]
    lines = result.stdout.splitlines()
    size = next(i for i, line in enumerate(lines) if "about 3 GB" in line)
    assert "--index-url https://download.pytorch.org/whl/cpu" in lines[size]
    assert size < next(i for i, line in enumerate(lines) if "installing the packages" in line)


def test_a_second_set_up_does_nothing(machine):
    machine.make("setup")
    machine.calls()
    result = machine.make("setup")
    assert (result.returncode, result.stdout.count("\n"), machine.calls()) == (0, 1, [])


def test_racket_code_is_compiled_when_it_changed(machine):
    file = machine.checkout / "racket" / "main.rkt"
    file.parent.mkdir()
    file.write_text("#lang racket/base\n")
    compiled = ["raco make -j 2 racket/main.rkt"]
    machine.make("setup")
    assert machine.calls()[1:] == compiled
    machine.make("setup")
    assert machine.calls() == []
    later = (machine.checkout / ".venv/compiled").stat().st_mtime + 1
    os.utime(file, (later, later))
    machine.make("setup")
    assert machine.calls() == compiled


def test_packages_are_looked_at_again_when_pyproject_changed(machine):
    machine.make("setup")
    machine.calls()
    later = (machine.checkout / ".venv/installed").stat().st_mtime + 1
    os.utime(machine.checkout / "python/pyproject.toml", (later, later))
    machine.make("setup")
    assert len(machine.calls()) == 1


def test_another_racket_is_looked_at_without_pip(machine):
    machine.make("setup")
    machine.calls()
    machine.write("bin/racket", RACKET.format(version="7.9.0.2", incomplete=0))
    assert "v7.9" in the_line(machine.make("setup"))
    machine.write("bin/racket", RACKET.format(version="8.15.1", incomplete=0))
    assert machine.make("setup").returncode == 0
    assert machine.calls() == []


def test_a_venv_that_lost_its_python_is_made_anew(machine):
    machine.make("setup")
    machine.remove("checkout/.venv/bin/python")
    assert "creating .venv" in machine.make("setup").stdout
    assert (machine.checkout / ".venv/bin/python").exists()


def test_torch_options_reach_pip_for_torch_alone(machine):
    options = "--index-url https://example.org/cpu"
    assert machine.make("setup", f"TORCH={options}").returncode == 0
    first, second = machine.calls()
    assert f"{options} torch>=" in first
    assert "torchvision>=" in first
    assert "example.org" not in second
    assert machine.make("setup", f"TORCH={options}").returncode == 0
    assert machine.make("setup").returncode == 0
    assert machine.calls() == []


def test_torch_and_torchvision_that_do_not_match_give_one_line(machine):
    machine.write("mismatch", "")
    line = the_line(machine.make("setup", "TORCH=torch==2.4.0"))
    assert "do not work together: no nms" in line
    assert not (machine.checkout / ".venv/installed").exists()


def test_without_racket_one_line_says_what_to_install(machine):
    machine.remove("bin/racket")
    line = the_line(machine.make("run-search"))
    assert "Racket 8.7 or newer" in line
    assert "sudo apt-get install racket libzmq5" in line
    assert "sudo dnf install racket zeromq" in line
    assert "brew install --cask racket" in line
    assert "python3-venv" not in line
    assert not (machine.checkout / ".venv").exists()


@pytest.mark.parametrize("who", ["root", "sudo"])
def test_racket_is_installed_where_that_needs_no_password(machine, who):
    machine.remove("bin/racket")
    machine.write("bin/apt-get", APT_GET)
    if who == "root":
        machine.write("bin/id", "echo 0")
    else:
        machine.write("bin/sudo", 'echo "sudo $1" >> "$MACHINE/calls"; shift; exec "$@"')
    result = machine.make("setup")
    assert result.returncode == 0, result.stderr
    apt = [call for call in machine.calls() if call.startswith("apt-get")]
    assert apt[0].startswith("apt-get update")
    assert "install -y" in apt[-1]
    assert apt[-1].endswith(" racket libzmq5")
    assert "racket libzmq5 (download: 108 MB)" in result.stdout


def test_a_password_is_never_asked_for(machine):
    machine.remove("bin/racket")
    machine.write("bin/apt-get", APT_GET)
    machine.write("bin/sudo", 'echo "sudo $*" >> "$MACHINE/calls"; exit 1')
    assert "Racket 8.7" in the_line(machine.make("setup"))
    assert machine.calls() == ["sudo -n true"]


def test_apt_get_that_fails_gives_its_reason_and_the_line(machine):
    machine.remove("bin/racket")
    machine.write("bin/apt-get", APT_GET)
    machine.write("bin/id", "echo 0")
    machine.write("apt-fails", "")
    result = machine.make("setup")
    assert result.returncode != 0
    reason, line = result.stderr.splitlines()[:2]
    assert "E: Unable to fetch some archives" in reason
    assert "Racket 8.7 or newer" in line


@pytest.mark.parametrize(("version", "incomplete"), [("7.9", 0), ("8.6", 0), ("8.7", 1)])
def test_a_racket_that_does_not_do_is_named_and_left_alone(machine, version, incomplete):
    machine.write("bin/racket", RACKET.format(version=version, incomplete=incomplete))
    machine.write("bin/apt-get", APT_GET)
    machine.write("bin/id", "echo 0")
    line = the_line(machine.make("setup"))
    assert f"{machine.bin}/racket, Welcome to Racket v{version}" in line
    assert "Racket 8.7 or newer" in line
    assert machine.calls() == []


@pytest.mark.parametrize("root", [False, True])
def test_the_venv_module_is_treated_like_racket(machine, root):
    machine.remove("has-venv")
    machine.write("bin/apt-get", APT_GET)
    machine.write("bin/id", f"echo {0 if root else 1000}")
    result = machine.make("setup")
    if root:
        assert result.returncode == 0, result.stderr
        assert machine.calls()[2].endswith(" python3-venv")
    else:
        line = the_line(result)
        assert "venv module" in line
        assert "sudo apt-get install python3-venv" in line
        assert "Racket" not in line


def test_an_older_python_gives_one_line(machine):
    machine.write("bin/python3", PYTHON.format(old=1, version="3.9.2"))
    line = the_line(machine.make("setup"))
    assert "Python 3.11 or newer" in line
    assert "Python 3.9.2" in line


def test_the_first_python_that_fits_is_taken(machine):
    machine.write("bin/python3", PYTHON.format(old=1, version="3.9.2"))
    machine.write("bin/python3.13", PYTHON.format(old=0, version="3.13.0"))
    assert "Python 3.13.0" in machine.make("setup").stdout


def test_python_can_be_named(machine):
    machine.write("other", PYTHON.format(old=0, version="3.14.2"))
    result = machine.make("setup", f"PYTHON={machine.folder}/other")
    assert "Python 3.14.2" in result.stdout


def test_a_failing_pip_says_how_to_go_on(machine):
    machine.write("venv-python", "exit 1")
    result = machine.make("setup")
    assert result.returncode != 0
    assert "make setup tries again" in result.stderr
    assert not (machine.checkout / ".venv/installed").exists()


# ---- targets ------------------------------------------------------------------------------------


def test_help_lists_every_target_and_variable_with_its_default(machine):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.findall(r"^\.PHONY:(.*)", makefile, re.MULTILINE)
    targets = set(" ".join(phony).split()) - {"always"}
    variables = dict(re.findall(r"^(\w+) \?= *([^#\n]*?)#", makefile, re.MULTILINE))
    assert {"setup", "run-search", "test", "lint", "repl", "clean"} <= targets
    assert {"SPACE", "DATASET", "SCORER", "TRIALS", "SEED", "MAX_PARAMS", "RUN", "DEVICE"} <= set(
        variables
    )
    shown = machine.make().stdout
    for target in targets:
        assert re.search(rf"^  {target} +\S", shown, re.MULTILINE), target
    for name, default in variables.items():
        assert re.search(rf"^  {name} +{re.escape(default) or '-'} +\S", shown, re.MULTILINE), name


def test_run_search_passes_its_variables_on(machine):
    machine.make("setup")
    machine.calls()
    settings = {"SCORER": "my scorers/it's.py:Shorter", "SEED": "7", "RUN": "first"}
    result = machine.make("run-search", *(f"{name}={value}" for name, value in settings.items()))
    assert result.returncode == 0, result.stderr
    words = re.findall(r"<(.*?)>", "".join(machine.calls()))
    assert words[:3] == ["-m", "architecto", "run"]
    options = dict(zip(words[3::2], words[4::2], strict=True))
    assert options == {
        "--dataset": "digits",
        "--scorer": "my scorers/it's.py:Shorter",
        "--trials": "24",
        "--seed": "7",
        "--run": "first",
        "--device": "cpu",
    }


def test_variables_of_run_search_are_settings_with_their_defaults():
    """The Makefile's list of settings says what the one list of settings says."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    variables = dict(re.findall(r"^(\w+) \?= *([^#\n]*?)#", makefile, re.MULTILINE))
    recipe = makefile[makefile.index("\nrun-search:") : makefile.index("\nrepl:")]
    passed = dict(re.findall(r"call option,--([a-z-]+),\$\((\w+)\)", recipe))
    settings = Configuration().as_json()
    assert passed.pop("run") == "RUN"
    for option, variable in passed.items():
        name = option.replace("-", "_")
        assert variable == name.upper()
        default = settings[name]
        assert variables[variable] == ("" if default is None else str(default)), name
    told = {name for name in settings if name.upper() in variables}
    assert {variable.lower() for variable in passed.values()} == told - {
        "table",
        "search_metric",
        "report_metric",
    }


def test_an_error_in_racket_code_shows_no_call_stack(machine):
    file = machine.checkout / "racket" / "main.rkt"
    file.parent.mkdir()
    file.write_text("#lang racket/base\n(car\n")
    machine.write("bin/raco", f'PATH={os.environ["PATH"]} exec raco "$@"')
    result = machine.make("setup")
    assert result.returncode != 0
    assert "main.rkt:2:0" in result.stderr
    assert "context" not in result.stderr


def test_run_search_ends_with_the_status_of_the_run(machine):
    machine.make("setup")
    assert machine.make("run-search", EXIT="2").returncode == 2


def test_racket_lint_names_file_line_and_finding(tmp_path, run_program):
    good, bad = tmp_path / "good.rkt", tmp_path / "bad.rkt"
    lang = "#lang racket/base\n"
    good.write_text(f'{lang}(require racket/list (only-in "bad.rkt"))\n(first (list 1))\n')
    bad.write_text(f"{lang}(require racket/list\n         racket/string)\n{';' * 103}\nfirst\n")
    result = run_program("racket", ".make/lint-racket.rkt", good, bad)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        f"{bad}:4: 103 columns, 102 at most",
        f"{bad}:3: racket/string is required but not used",
    ]
    assert run_program("racket", ".make/lint-racket.rkt", good).returncode == 0
