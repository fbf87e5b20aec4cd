"""What README.md shows as output is what its commands print.

The rule of the comparison: `…` stands for any part of a line, and a line that begins with `…` for
any lines. Times (`1.1 s`) and how many choices `explain` looked at (`100 of the 300 choices`) may
differ, and empty lines do not count; everything else is compared to the letter. Whatever shows the
default search is one test, which makes it once.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
NOT_RUN = ("architecto swap by-chance",)
"""It needs a run at work: tests/faults/test_scorers.py has one."""
RUN = "cnn-digits-001"
PROGRAM = ".venv/bin/python -m architecto"
MASKED = (r"\d+\.\d s\b", r"\d+ of the \d+ choices")

Shown = list[tuple[str, str]]
"""Commands and what README.md says they print."""


def consoles() -> Shown:
    """The commands behind `$ `."""
    found: Shown = []
    for block in re.findall(r"^```\n(\$ .*?)^```$", README, re.DOTALL | re.MULTILINE):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def block(starts: str) -> str:
    """The block that starts with these words."""
    found = re.search(rf"^```\n({re.escape(starts)}.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert found, f"README.md has no block that starts with {starts!r}"
    return found[1]


def pattern(line: str) -> re.Pattern[str]:
    """What a line of README.md stands for."""
    parts = re.split("(" + "|".join(MASKED) + ")", line.rstrip())
    text = "".join(
        next(masked for masked in MASKED if re.fullmatch(masked, part))
        if i % 2
        else re.escape(part)
        for i, part in enumerate(parts)
    )
    return re.compile(text.replace("…", ".*"))


def differences(shown: str, printed: str) -> str:
    """Empty, or the first line that is not as README.md says."""
    lines = [line.rstrip() for line in printed.splitlines() if line.strip()]
    skip, at = False, 0
    for line in filter(str.strip, shown.splitlines()):
        if line.strip().startswith("…"):
            skip = True
            continue
        wanted = pattern(line)
        while skip and at < len(lines) and not wanted.fullmatch(lines[at]):
            at += 1
        if at == len(lines) or not wanted.fullmatch(lines[at]):
            return (
                f"README.md shows\n  {line}\nand printed is\n  {lines[at : at + 1]}\nof\n{printed}"
            )
        skip, at = False, at + 1
    left = [] if skip else lines[at:]
    return f"README.md does not show {left}" if left else ""


def shell(command: str, folder: Path) -> str:
    """What a command prints in a folder, as if the folder had the project's `.venv`."""
    words = command.replace(".venv/bin/python", sys.executable)
    done = subprocess.run(words, shell=True, cwd=folder, capture_output=True, text=True)
    return (done.stdout + done.stderr).replace(sys.executable, ".venv/bin/python")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_default_search_and_what_is_asked_of_it(tmp_path: Path) -> None:
    """`make run-search`, the model, `explain`, and the result as a notebook shows it."""
    found = {"run": differences(block("run runs/"), shell(f"{PROGRAM} run", tmp_path))}
    model = shell(".venv/bin/python runs/cnn-digits-001/best/model.py", tmp_path)
    found["model.py"] = differences(block("(architecture "), model)
    for command, output in consoles():
        if RUN in command:
            found[command] = differences(output, shell(command, tmp_path))

    shown = block(">>> result")
    program = "from pathlib import Path\nfrom architecto.runs.result import Result\n"
    program += f'result = Result.read(Path("runs/{RUN}"))\n'
    for line in re.findall(r"^>>> (.*)$", shown, re.MULTILINE):
        program += f"print(repr({line}))\n"
    (tmp_path / "notebook.py").write_text(program)
    outputs = re.sub(r"^>>> .*\n", "", shown, flags=re.MULTILINE)
    found["notebook"] = differences(outputs, shell(".venv/bin/python notebook.py", tmp_path))
    assert len(found) == 5 and not any(found.values()), "\n\n".join(found.values())


@pytest.mark.parametrize(
    ("command", "output"),
    [shown for shown in consoles() if not any(word in shown[0] for word in (RUN, *NOT_RUN))],
)
def test_commands(command: str, output: str, tmp_path: Path) -> None:
    assert differences(output, shell(command, tmp_path)) == ""


@pytest.mark.parametrize("starts", ["> (define s", "> (defrel (membero"])
def test_the_repl(project: Path, starts: str) -> None:
    shown = re.split(r"^> ", block(starts), flags=re.MULTILINE)[1:]
    forms = [part.partition("\n") for part in shown]
    program = "".join(f'{form}\n(write-string "END\\n")\n' for form, _, _ in forms)
    done = subprocess.run(
        ["racket", "-i", "-t", "racket/main.rkt"],
        cwd=project, input=program, capture_output=True, text=True,
    )  # fmt: skip
    printed = re.sub(r"^(> )+", "", done.stdout[done.stdout.index("> ") :], flags=re.MULTILINE)
    for (form, _, output), said in zip(forms, printed.split("END\n"), strict=False):
        said = re.sub(r"^\d+\n", "", re.sub(r"^(> )+", "", said, flags=re.MULTILINE))
        assert differences(output, said) == "", form
