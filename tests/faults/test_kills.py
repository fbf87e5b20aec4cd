"""Processes of a run are killed, each for real; the run goes on or ends, and loses nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from running_search import SETTINGS, RunningSearch, descendants, wait_until_gone

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc"),
]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, python) -> list[str]:
    """The architectures that the search finds when nothing happens to it."""
    search = RunningSearch(
        python, tmp_path_factory.mktemp("undisturbed"), "run", "--run", "test", *SETTINGS
    )
    try:
        assert search.wait() == 0, search.text()
        return search.architectures()
    finally:
        search.end()


@pytest.mark.parametrize("trials", [0, 1])
def test_a_killed_agent_picks_as_the_one_that_died_would_have(start_search, undisturbed, trials):
    search = start_search()
    search.wait_until(lambda: search.trials() >= trials)
    if trials == 0:
        search.wait_until(lambda: (search.run_dir / "trace.jsonl").exists())
    os.kill(search.child(" serve "), signal.SIGKILL)
    assert search.wait() == 0, search.text()
    assert "the agent was killed by SIGKILL; it starts again" in search.text()
    assert search.architectures() == undisturbed


def test_a_killed_engine_is_restarted_and_the_trials_are_kept(start_search, undisturbed):
    search = start_search()
    search.wait_until(lambda: search.trials() >= 1)
    os.kill(search.child("run-search.rkt"), signal.SIGKILL)
    assert search.wait() == 0, search.text()
    assert "the engine-0 was killed by SIGKILL; it starts again" in search.text()
    found = search.architectures()
    assert len(found) == len(set(found)) == 3
    assert found[0] == undisturbed[0]


def test_a_killed_supervisor_leaves_nothing_alive_and_resume_goes_on(start_search, undisturbed):
    search = start_search()
    search.wait_until(lambda: search.trials() >= 1)
    below = descendants(search.process.pid)
    assert len(below) >= 3  # agent, engine, evaluation worker
    search.process.kill()
    wait_until_gone(below)
    resumed = start_search(command="resume")
    assert resumed.wait() == 0, resumed.text()
    found = resumed.architectures()
    assert len(found) == len(set(found)) == 3
    assert found[0] == undisturbed[0]


@pytest.mark.parametrize("when", ["starting", "training"])
def test_ctrl_c_ends_everything_with_the_table_so_far(start_search, when):
    search = start_search()
    if when == "starting":
        search.child(" serve ")
    else:
        search.wait_until(lambda: "validation" in search.text())
    below = descendants(search.process.pid)
    search.process.send_signal(signal.SIGINT)
    assert search.wait() == 130, search.text()
    wait_until_gone(below)
    assert "Traceback" not in search.text()
    if when == "training":
        assert "accuracy" in search.text() and "the run is written to" in search.text()
    resumed = start_search(command="resume")
    assert resumed.wait() == 0, resumed.text()
    assert len(set(resumed.architectures())) == 3


def test_a_worker_that_is_killed_is_a_failed_trial_and_the_run_goes_on(start_search):
    search = start_search()
    search.wait_until(lambda: search.trials() >= 1)
    os.kill(search.child("evaluators.worker"), signal.SIGKILL)
    assert search.wait() == 0, search.text()
    assert len(search.architectures()) == 3


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
