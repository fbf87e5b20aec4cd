"""Scorers that fail in a real agent process, and scorers swapped in a real run."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from running_search import RunningSearch
from serving_agent import Engine, ServingAgent

from architecto.study.study import Study

FILE = Path(__file__).resolve().parent / "bad_scorers.py"
OPTIONS = ("--scorer", f"{FILE}:Short", "--scorer-seconds", "1")
CHOICES = b"1 - (first)\n2 - (second choice)"


@pytest.fixture(scope="module")
def agent(python, tmp_path_factory):
    agent = ServingAgent(python, tmp_path_factory.mktemp("agent") / "agent.log", *OPTIONS)
    yield agent
    agent.close()


@pytest.fixture
def engine(agent):
    engine = Engine(agent.endpoint)
    yield engine
    engine.close()


def test_a_scorer_that_fails_is_replaced_by_the_last_good_one(agent, engine):
    assert engine.hello()["scorer"] == "Short"
    assert engine.ask("scores", CHOICES, candidates=[1, 2])["scorer"] == "Short"
    reasons = {
        "Raises": "score() raised ZeroDivisionError: division by zero; expected 2 numbers",
        "NotANumber": "got nan for choice 0 of 2, expected finite numbers",
        "OneTooMany": "got scores of shape 3, expected 2: return one number a choice",
        "Hangs": "score() raised TooSlow: nothing came within 1 s; expected 2 numbers",
    }
    for name, reason in reasons.items():
        assert engine.ask("use_scorer", scorer=f"{FILE}:{name}")["scorer"] == name
        reply = engine.ask("scores", candidates=[1, 2])
        assert (reply["type"], reply["scorer"]) == ("scores_reply", "Short")
        assert f"scorer {name}: {reason}" in agent.words()
        assert "going on with Short" in agent.words()
    pick = engine.ask("choose", episode=1, step=0, candidates=[1, 2], closed=[])
    assert (pick["index"], pick["scorer"]) == (1, "Short")
    assert "Traceback" not in agent.words()


def test_a_scorer_that_cannot_be_loaded_is_refused(engine):
    engine.hello()
    for spec, reason in {
        "nope": "got 'nope', expected uniform, random",
        f"{FILE}:Nope": "got class Nope, expected one of",
        f"{FILE}:HangsWhenMade": "failed: TooSlow: nothing came within 1 s",
    }.items():
        reply = engine.ask("use_scorer", scorer=spec)
        assert (reply["type"], reply["code"]) == ("error", "refused")
        assert reason in reply["message"]
    assert engine.ask("scores", CHOICES, candidates=[1])["scorer"] == "Short"


def test_a_scorer_that_cannot_be_interrupted_ends_the_agent_with_one_line(python, tmp_path):
    agent = ServingAgent(python, tmp_path / "agent.log", *OPTIONS)
    engine = Engine(agent.endpoint)
    engine.hello()
    engine.ask("use_scorer", scorer=f"{FILE}:CannotBeInterrupted")
    engine.send("scores", CHOICES, candidates=[1])
    assert agent.process.wait(timeout=600) == 2
    words = agent.words().splitlines()
    assert words == ["a scorer took longer than 1 s and cannot be interrupted"]
    engine.close()
    agent.close()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
def test_the_scorer_of_a_run_is_swapped_while_it_works(start_search, run_architecto, tmp_path):
    """Swapped twice; the second one hangs, so that the first goes on; the agent is killed."""
    search = start_search("--trials", "1000", "--scorer-seconds", "1")
    search.wait_until(lambda: search.trials() >= 1)
    swapped = run_architecto("swap", "test", "--scorer", f"{FILE}:Short", cwd=tmp_path)
    assert (swapped.returncode, swapped.stdout) == (0, "the scorer is now Short\n"), swapped.stderr
    go_on(search)
    os.kill(search.child(" serve "), signal.SIGKILL)
    go_on(search)
    swapped = run_architecto("swap", "test", "--scorer", f"{FILE}:Hangs", cwd=tmp_path)
    assert swapped.returncode == 0, swapped.stderr
    search.wait_until(lambda: "going on with Short" in search.text())
    go_on(search)
    search.process.send_signal(signal.SIGINT)
    assert search.wait() == 130, search.text()
    assert "the scorer is now Short" in search.text()
    assert "nothing came within 1 s" in search.text()
    lines = (search.run_dir / "trace.jsonl").read_text().splitlines()
    headers = [json.loads(line)["header"] for line in lines]
    picks = [header["scorer"] for header in headers if header["type"] == "choose_reply"]
    first = picks.index("Short")
    assert set(picks[:first]) == {"random"} and set(picks[first:]) == {"Short"}
    trials = Study.open(search.run_dir, read_only=True).trials
    assert trials[0].facts["scorer"] == "random" and trials[-1].facts["scorer"] == "Short"

    over = run_architecto("swap", "test", "--scorer", "uniform", cwd=tmp_path)
    assert over.returncode == 2
    assert over.stderr.startswith("architecto swap: the run in runs/test is not at work; to go on")
    assert over.stderr.endswith("architecto resume runs/test\n")


def go_on(search: RunningSearch) -> None:
    """Wait until another trial is finished."""
    before = search.trials()
    search.wait_until(lambda: search.trials() > before)


def test_swap_says_what_is_wrong_in_one_line(run_architecto, tmp_path):
    none = run_architecto("swap", "nope", "--scorer", "uniform", cwd=tmp_path)
    assert none.returncode == 2
    assert none.stderr == ("architecto swap: no run at runs/nope: there are no runs here yet\n")
