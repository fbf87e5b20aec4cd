"""What README.md shows as files works as README.md says."""

import re
from pathlib import Path

import pytest


@pytest.fixture
def readme(project: Path) -> str:
    return (project / "README.md").read_text(encoding="utf-8")


def block(readme: str, language: str, starts: str) -> str:
    """The fenced block of a language that starts with `starts`."""
    found = re.search(rf"```{language}\n({re.escape(starts)}.*?)```", readme, re.DOTALL)
    assert found, f"README.md has no {language} block that starts with {starts!r}"
    return found.group(1)


def test_a_space_of_your_own(readme: str, run_program, tmp_path: Path) -> None:
    """The example is short, and the engine finds a network in it."""
    space = block(readme, "racket", "#lang")
    assert len([line for line in space.splitlines() if line.strip()]) <= 25
    file = tmp_path / "pyramid.rkt"
    file.write_text(space)
    found = run_program(
        "racket", "racket/run-search.rkt", "--space", file, "--input", "1,28,28", "--feasible"
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("(architecture (input 1 28 28) (")
    none = run_program("racket", "racket/run-search.rkt", "--space", file, "--max-params", "5",
                       "--feasible")  # fmt: skip
    assert none.returncode == 2
    assert none.stderr.count("\n") == 1 and "raise the budget" in none.stderr


def test_a_problem_of_your_own(readme: str, run_architecto, tmp_path: Path) -> None:
    """The relation and its judge are searched as the command says."""
    blocks = re.findall(r"```racket\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "splits.rkt").write_text(next(text for text in blocks if "define-problem" in text))
    judge = block(readme, "python", "from architecto import BaseEvaluator")
    (tmp_path / "judge.py").write_text(judge)
    command = next(line for line in readme.splitlines() if " run --problem " in line)
    words = command.split("-m architecto ")[1].split()
    done = run_architecto(*words, "--trials", "2", "--scorer", "random", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"trial \d  balance \d\.\d{3}", done.stdout)) == 2
    assert (tmp_path / "runs" / "cut" / "best" / "answer.txt").is_file()


def test_a_scorer_of_your_own(readme: str, tmp_path: Path) -> None:
    """The example loads by its path and prefers the shorter network."""
    from architecto import scorers

    file = tmp_path / "short_first.py"
    file.write_text(block(readme, "python", "import torch\n\nfrom architecto.scorers"))
    scorer = scorers.load(f"{file}:ShortFirst", seed=0)
    short, long = "((conv2d 1 8 3 1 1) . _.0)", "((conv2d 1 8 3 1 1) (conv2d 8 8 3 1 1) . _.0)"
    scores = scorer.score("task", [long, short])
    assert scores[1] > scores[0]


def test_a_notebook(readme: str, run_program, python, tmp_path: Path) -> None:
    """The examples run as they stand, with one trial and one epoch each."""
    first = block(readme, "python", "from architecto import search")
    second = block(readme, "python", "from architecto import Search")
    program = (first + second).replace("trials=24", "trials=1, epochs=1") + "print(result)\n"
    done = run_program(python, "-c", program, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("1 trials in runs/cnn-digits-002, best: trial 0")
