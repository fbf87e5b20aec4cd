"""Engines alone, for an agent of somebody else's."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "protocol" / "examples"


@pytest.fixture
def minimal_agent(tmp_path):
    """A function that starts the minimal agent for so many answers; gives it and its endpoint."""
    started = []

    def start(answers: int) -> tuple[subprocess.Popen, str]:
        socket = tmp_path / "agent"
        command = [sys.executable, EXAMPLES / "minimal_agent.py", f"ipc://{socket}", str(answers)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        while not socket.exists():
            time.sleep(0.02)
        return started[-1], f"ipc://{socket}"

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_foreign_agent_guides_two_engines_until_it_has_enough(
    run_architecto, minimal_agent, tmp_path
):
    agent, endpoint = minimal_agent(5)
    result = run_architecto("run", "--connect", endpoint, "--engines", "2", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"connecting 2 engines to the agent at {endpoint}",
        "done: the agent said stop",
    ]
    found, _ = agent.communicate(timeout=600)
    assert len(found.splitlines()) >= 5
    assert all(line.startswith("(architecture (input ") for line in found.splitlines())
    assert not (tmp_path / "runs").exists()


def test_the_images_of_a_data_set_and_a_budget_are_asked_for(run_architecto, minimal_agent):
    agent, endpoint = minimal_agent(2)
    options = ("--dataset", "cifar10", "--max-params", "20000", "--strategy", "best-first")
    result = run_architecto("run", "--connect", endpoint, *options)
    assert result.returncode == 0, result.stderr
    found, _ = agent.communicate(timeout=600)
    networks = [line for line in found.splitlines() if line.startswith("(architecture ")]
    assert len(networks) >= 2
    checked = run_architecto("describe", "--max-params", "20000", "-", input="\n".join(networks))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert all("(input 3 32 32)" in network for network in networks)


SPLITS = """\
#lang racket/base
(require architecto)
(define-problem (splits-of-three a b) "two lists that make (1 2 3)" (appendo a b '(1 2 3)))
(defrel (appendo a b both)
  (conde [(== a '()) (== b both)]
         [(fresh (x rest more)
            (== a `(,x . ,rest)) (== both `(,x . ,more)) (appendo rest b more))]))
"""
RUN_SEARCH = ("racket", "racket/run-search.rkt")


@pytest.mark.parametrize("strategy", ["descend", "best-first", "fair"])
def test_a_problem_that_is_no_space_is_streamed_to_a_foreign_agent(
    run_program, minimal_agent, tmp_path, strategy
):
    (tmp_path / "splits.rkt").write_text(SPLITS)
    agent, endpoint = minimal_agent(5)
    options = ("--problem", tmp_path / "splits.rkt", "--connect", endpoint)
    result = run_program(*RUN_SEARCH, *options, "--strategy", strategy)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "nothing is left to be found\n"
    found = [agent.stdout.readline() for _ in range(4)]
    assert sorted(found) == [
        "(() (1 2 3))\n",
        "((1 2 3) ())\n",
        "((1 2) (3))\n",
        "((1) (2 3))\n",
    ]


def test_a_problem_describes_itself(run_program, tmp_path):
    (tmp_path / "splits.rkt").write_text(SPLITS)
    for options, problem, task, facts in (
        (
            ["--problem", tmp_path / "splits.rkt"],
            "splits-of-three",
            "two lists that make (1 2 3)",
            {},
        ),
        (["--problem", tmp_path / "splits.rkt", "--task", "é"], "splits-of-three", "é", {}),
        (
            ["--space", "mlp", "--input", "1,8,9", "--classes", "3"],
            "mlp",
            "categorize 8x9x1 images into 3 categories",
            {"space": "mlp", "input": [1, 8, 9], "classes": 3},
        ),
    ):
        result = run_program(*RUN_SEARCH, *options, "--describe")
        assert (result.returncode, result.stdout.count("\n")) == (0, 1), result.stderr
        expected = {"problem": problem, "task": task, "facts": facts}
        assert json.loads(result.stdout) == expected


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ("", "defines no problem; write (define-problem (NAME VARIABLE …) "),
        ('(define-problem (p x) "t")', "cannot be loaded: "),
        ('(define-problem (p x) "t" (== 1 2))', "the problem p has no answer"),
        (
            '(defprimitive (boomo x) #:inputs (x) (error \'boom "no ~a" x))'
            '(define-problem (p x) "t" (== x 1) (boomo x))',
            "mistake.rkt: boom: no 1",
        ),
        (
            '(defrel (nevero x) (nevero x)) (define-problem (p x) "t" (nevero x))',
            "no answer of p is found within 1 seconds; more: --timeout",
        ),
    ],
)
def test_a_mistake_in_a_problem_is_one_line(run_program, tmp_path, definition, words):
    file = tmp_path / "mistake.rkt"
    file.write_text(f"#lang racket/base\n(require architecto)\n{definition}\n")
    result = run_program(*RUN_SEARCH, "--problem", file, "--feasible", "--timeout", "1")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith("run-search: ") and words in result.stderr, result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--problem", "none.rkt"], "no such problem file: none.rkt"),
        (["--problem", "x.rkt", "--space", "cnn"], "expected one of --problem and --space"),
        (["--strategy", "up"], "unknown strategy 'up': expected one of best-first, descend, fair"),
        (["--max-depth", "x"], "--max-depth: expected a whole number of at least 0, got 'x'"),
        (["--task", ""], "the task: expected a sentence of 1 to 1000 characters"),
        (["--nothing"], "unknown switch: --nothing"),
        ([], "expected --connect ENDPOINT, --feasible or --describe"),
    ],
)
def test_what_an_engine_cannot_do_is_one_line(run_program, options, words):
    result = run_program(*RUN_SEARCH, *options)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith(f"run-search: {words}"), result.stderr


def test_every_budget_is_asked_for(run_architecto, minimal_agent):
    agent, endpoint = minimal_agent(2)
    result = run_architecto("run", "--connect", endpoint, "--max-depth", "4", "--max-macs", "90000")
    assert result.returncode == 0, result.stderr
    found, _ = agent.communicate(timeout=600)
    networks = [line for line in found.splitlines() if line.startswith("(architecture ")]
    budgets = ("--max-depth", "4", "--max-macs", "90000")
    assert len(networks) >= 2
    assert run_architecto("describe", *budgets, "-", input="\n".join(networks)).returncode == 0


def test_an_agent_that_dies_is_given_up_after_the_fourth_time(python, minimal_agent):
    agent, endpoint = minimal_agent(10**9)
    run = subprocess.Popen(
        [python, "-m", "architecto", "run", "--connect", endpoint],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert agent.stdout.readline()
    agent.kill()
    _, errors = run.communicate(timeout=600)
    assert run.returncode == 1
    lines = errors.splitlines()
    assert len(lines) == 4
    assert all("did not answer a " in line for line in lines)
    assert lines[-1].endswith("the fourth death in a minute, giving up")


def test_ctrl_c_ends_the_engines(python, minimal_agent):
    agent, endpoint = minimal_agent(10**9)
    run = subprocess.Popen(
        [python, "-m", "architecto", "run", "--connect", endpoint],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert agent.stdout.readline()
    run.send_signal(signal.SIGINT)
    output, errors = run.communicate(timeout=600)
    assert (run.returncode, errors) == (130, "")
    assert output.endswith("the engines are stopped\n")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["ipc:///nowhere/at-all"], "no agent listens there: start it first"),
        (["nonsense"], "expected ipc://PATH or tcp://ADDRESS:PORT"),
        (["tcp://127.0.0.1:1"], "tcp needs --key FILE"),
        (["tcp://127.0.0.1:1", "--key", "/none"], "no keys in /none"),
        (["ipc://x", "--trials", "24"], "--trials has no meaning with --connect"),
        (["ipc://x", "--run", "name"], "--run has no meaning with --connect"),
        (["ipc://x", "--scorer", "transformer"], "--scorer has no meaning with --connect"),
    ],
)
def test_what_cannot_work_is_one_line(run_architecto, options, reason):
    result = run_architecto("run", "--connect", *options)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1), result.stderr
    assert reason in result.stderr
