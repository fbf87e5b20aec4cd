"""The whole loop on a problem that has nothing to do with networks: a list in three parts.

Supervisor, engine, bridge, agent, evaluator, reward, learning, resume, the notebook and the REPL
know problems and nothing more particular; what is particular stands in `splits/`.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from statistics import mean

import pytest

from architecto.testing import ProblemTests

HERE = Path(__file__).parent / "splits"
PROBLEM = [
    *("--problem", HERE / "splits.rkt"),
    *("--evaluator", f"{HERE / 'judge.py'}:Nearness"),
    *("--reward", f"{HERE / 'judge.py'}:centred"),
]
SPLITS = 91
"""Ways to cut a list of 12 in three: 14 over 2."""


@pytest.fixture(scope="module")
def run_dir(run_architecto, tmp_path_factory) -> Path:
    """A finished run of 30 trials, guided by a scorer that learns."""
    folder = tmp_path_factory.mktemp("splits") / "run"
    done = run_architecto("run", *PROBLEM, "--scorer", "bag", "--trials", "30", "--run", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nearness" in done.stdout
    return folder


class TestSplits(ProblemTests):
    """The kit for problems, on this one."""

    problem, settings, no_answers = str(HERE / "splits.rkt"), {}, ["", "(a)\n(b)"]


def trials(folder: Path) -> list:
    from architecto.study.study import Study

    return Study.open(folder, read_only=True).trials


def test_it_learns_where_the_good_answers_are(run_dir: Path) -> None:
    found = [trial.evaluation.metrics["nearness"] for trial in trials(run_dir)]
    assert len(found) == 30 and max(found) == 1.0
    assert mean(found[15:]) > mean(found[:8]) + 0.1


def test_the_sentence_is_that_of_the_relation(run_dir: Path) -> None:
    first = json.loads((run_dir / "trace.jsonl").read_text().splitlines()[0])["header"]
    assert first["type"] == "hello" and first["problem"] == "splits"
    assert first["task"] == "split twelve letters in three parts, the middle one long"


def test_the_best_answer_is_there_to_take_along(run_dir: Path, run_architecto) -> None:
    best = (run_dir / "best" / "answer.txt").read_text()
    assert best == "((a b) (c d e f g h i j) (k l))\n"
    shown = run_architecto("best", run_dir)
    assert shown.returncode == 0 and "nearness" in shown.stdout and best.strip() in shown.stdout


def test_resume_goes_on_to_the_end_of_the_relation(
    run_dir: Path, run_architecto, tmp_path: Path
) -> None:
    """More trials than there are answers: the run ends when the relation has no more."""
    copy = tmp_path / "copy"
    shutil.copytree(run_dir, copy)
    done = run_architecto("resume", copy, "--trials", "200")
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [trial.answer for trial in trials(copy)]
    assert len(answers) == len(set(answers)) == SPLITS
    assert answers[:30] == [trial.answer for trial in trials(run_dir)]


def test_a_notebook_searches_it(tmp_path: Path) -> None:
    from architecto import search

    result = search(
        problem=str(HERE / "splits.rkt"),
        evaluator=f"{HERE / 'judge.py'}:Nearness",
        scorer=lambda task, choices: [-len(choice) for choice in choices],
        trials=5,
        run=str(tmp_path / "run"),
    )
    assert len(result.trials) == 5 and "nearness" in result.trials[0]
    assert result.best is not None and result.best.load() == result.best.answer


def test_the_repl_scores_it(project: Path, run_program) -> None:
    """Racket starts an agent, which reads the relation's own sentence, and prints its scores."""
    forms = f"""
    (define s (start "{HERE / "splits.rkt"}"))
    (choices s)
    (connect! s #:scorer "bag")
    (scores s)
    (disconnect! s)
    """
    done = run_program("racket", "-i", "-t", project / "racket" / "main.rkt", input=forms)
    assert done.returncode == 0, done.stderr
    scored = [line for line in done.stdout.splitlines() if re.match(r"[> ]*-?\d\.\d{4} ", line)]
    assert len(scored) == 2, done.stdout  # the first part is empty, or has a first letter
    assert "connected" in done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--problem", "nowhere.rkt"], "no problem file nowhere.rkt"),
        (PROBLEM[:2], "give --evaluator FILE.py:Class"),
        ([*PROBLEM[:2], "--evaluator", "training"], "evaluator training does not take the answers"),
        ([*PROBLEM, "--space", "cnn"], "--space"),
        (["--problem", "splits"], "problem: got 'splits', expected networks"),
    ],
)
def test_a_mistake_is_one_line(run_architecto, tmp_path: Path, words, expected: str) -> None:
    done = run_architecto("run", *words, "--run", tmp_path / "run", cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert expected in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "run").exists()
