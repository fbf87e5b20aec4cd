"""Processes of a run are killed, each for real; the run goes on or ends, and loses nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from running_search import SETTINGS, RunningSearch, descendants, wait_until_gone

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc"),
]


def test_a_killed_agent_picks_as_the_one_that_died_would_have(start_search, tmp_path, python):
    """Killed twice: before the first trial and after it."""
    (tmp_path / "undisturbed").mkdir()
    undisturbed = RunningSearch(python, tmp_path / "undisturbed", "run", "--run", "test", *SETTINGS)
    try:
        assert undisturbed.wait() == 0, undisturbed.text()
    finally:
        undisturbed.end()

    search = start_search()
    search.wait_until(lambda: (search.run_dir / "trace.jsonl").exists())
    os.kill(search.child(" serve "), signal.SIGKILL)
    search.wait_until(lambda: search.trials() >= 1)
    os.kill(search.child(" serve "), signal.SIGKILL)
    assert search.wait() == 0, search.text()
    assert search.text().count("the agent was killed by SIGKILL; it starts again") == 2
    assert search.architectures() == undisturbed.architectures()


def test_a_killed_engine_and_a_killed_worker_are_replaced_and_the_trials_are_kept(start_search):
    search = start_search()
    search.wait_until(lambda: search.trials() >= 1)
    first = search.architectures()[0]
    os.kill(search.child("run-search.rkt"), signal.SIGKILL)
    os.kill(search.child("executors.worker"), signal.SIGKILL)
    assert search.wait() == 0, search.text()
    assert "the engine-0 was killed by SIGKILL; it starts again" in search.text()
    found = search.architectures()
    assert len(found) == len(set(found)) == 3
    assert found[0] == first


def test_a_killed_supervisor_leaves_nothing_alive_and_resume_goes_on(start_search):
    search = start_search()
    search.wait_until(lambda: search.trials() >= 1)
    below = descendants(search.process.pid)
    assert len(below) >= 3  # agent, engine, evaluation worker
    search.process.kill()
    wait_until_gone(below)
    before = search.architectures()
    resumed = start_search(command="resume")
    assert resumed.wait() == 0, resumed.text()
    found = resumed.architectures()
    assert len(found) == len(set(found)) == 3
    assert found[: len(before)] == before


def test_ctrl_c_ends_everything_with_the_table_so_far_and_resume_goes_on(start_search):
    search = start_search()
    search.wait_until(lambda: "validation" in search.text())
    below = descendants(search.process.pid)
    search.process.send_signal(signal.SIGINT)
    assert search.wait() == 130, search.text()
    wait_until_gone(below)
    assert "accuracy" in search.text() and "the run is written to" in search.text()
    assert "Traceback" not in search.text()
    resumed = start_search(command="resume")
    assert resumed.wait() == 0, resumed.text()
    assert len(set(resumed.architectures())) == 3


def test_ctrl_c_while_everything_starts_leaves_nothing_behind(start_search):
    search = start_search()
    search.child(" serve ")
    below = descendants(search.process.pid)
    search.process.send_signal(signal.SIGINT)
    assert search.wait() == 130, search.text()
    wait_until_gone(below)
    assert "Traceback" not in search.text()


def test_an_agent_that_keeps_dying_ends_the_run_with_the_command_that_resumes(start_search):
    search = start_search("--trials", "1000")
    seen: set[int] = set()
    while len(seen) < 4:
        agent = search.child(" serve ")
        if agent not in seen:
            seen.add(agent)
            os.kill(agent, signal.SIGKILL)
    assert search.wait() == 1, search.text()
    last = search.text().strip().splitlines()[-1]
    assert last.startswith("the agent was killed by SIGKILL, the fourth time in a minute")
    assert last.endswith("architecto resume runs/test")
