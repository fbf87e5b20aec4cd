"""Runs of the API for notebooks: real engines and trainings, any object as the scorer."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import torch

from architecto import Result, Search, resume, search
from architecto.runs import checkpoint
from architecto.scorers import ScorerError
from architecto.scorers.base import BaseScorer

SMALL = {"space": "mlp", "epochs": 1, "max_params": 20000}


class LastFirst(BaseScorer):
    """Always the last of the candidates."""

    by_text = False

    def score(self, task: str, choices: list[str]) -> torch.Tensor:
        return torch.arange(len(choices), dtype=torch.float32)


def first_first(task: str, choices: list[str]) -> list[int]:
    return [-place for place in range(len(choices))]


def scorers_of(folder: Path) -> list[str]:
    """The scorer that each pick's reply names; those in a row once."""
    found: list[str] = []
    for line in (folder / "trace.jsonl").read_text(encoding="utf-8").splitlines():
        header = json.loads(line)["header"]
        if header["type"] == "choose_reply" and found[-1:] != [header["scorer"]]:
            found.append(header["scorer"])
    return found


def wait_for(search: Search, trials: int) -> None:
    until = time.monotonic() + 100
    while len(search.result.trials) < trials:
        assert search.running and time.monotonic() < until
        time.sleep(0.05)


def test_a_function_searches(tmp_path: Path, capsys) -> None:
    """Its choices are made, and the best network classifies as well as the trial says."""
    from architecto.problems.networks import datasets

    result = search(scorer=first_first, trials=2, run=f"{tmp_path}/run", **SMALL)
    assert [trial["scorer"] for trial in result.trials] == ["first_first"] * 2
    assert scorers_of(tmp_path / "run") == ["first_first"]
    shown = capsys.readouterr().out
    assert "[1/2] trial 0 " in shown and "[2/2] trial 1 " in shown and "architecture" in shown

    assert result.best is not None
    data = datasets.load("digits")
    with torch.no_grad():
        picked = result.best.module()(data.validation_inputs).argmax(1)
    accuracy = float((picked == data.validation_targets).float().mean())
    assert accuracy == pytest.approx(result.best.metrics["validation_accuracy"])


def test_the_scorer_is_swapped_while_the_run_goes_on(tmp_path: Path) -> None:
    """By an object and by a name; then the run is stopped and goes on with another object."""
    folder = tmp_path / "run"
    search = Search(scorer="random", trials=200, run=str(folder), **SMALL).start()
    wait_for(search, 1)
    search.scorer = LastFirst()
    wait_for(search, len(search.result.trials) + 3)
    assert search.scorer is not None and search.scorer.name == "LastFirst"
    with pytest.raises(ScorerError, match="got 'nobody'"):
        search.scorer = "nobody"  # type: ignore[assignment]
    search.scorer = "uniform"  # type: ignore[assignment]
    wait_for(search, len(search.result.trials) + 3)
    search.scorer = first_first  # type: ignore[assignment]
    wait_for(search, len(search.result.trials) + 3)
    search.stop()
    search.stop()  # a second time does nothing
    assert not search.running
    assert scorers_of(folder) == ["random", "LastFirst", "uniform", "first_first"]

    with pytest.raises(ScorerError, match="was an object of a notebook"):
        Search.resume(str(folder))
    before = len(Result.read(folder).trials)
    result = resume(str(folder), scorer=LastFirst(), trials=before + 2)
    assert len(result.trials) == before + 2
    assert scorers_of(folder)[-1] == "LastFirst"


def test_a_bad_function_gives_way(tmp_path: Path, capsys) -> None:
    """A clear line, and the run goes on with a scorer that works."""

    def nothing(task: str, choices: list[str]) -> list[float]:
        return [float("nan")] * len(choices)

    result = search(scorer=nothing, trials=1, run=f"{tmp_path}/run", **SMALL)
    assert len(result.trials) == 1
    assert "scorer nothing: got nan for choice 0" in capsys.readouterr().out
    assert scorers_of(tmp_path / "run")[-1] == "uniform"


def test_warm_start_of_another_space(tmp_path: Path) -> None:
    """The trials of an `mlp` run come first in the buffer of a `cnn` run, and count for nothing."""
    earlier = search(scorer="random", trials=2, run=f"{tmp_path}/mlp", **SMALL)
    settings = SMALL | {"space": "cnn", "warm_start": f"{tmp_path}/mlp"}
    result = search(trials=2, run=f"{tmp_path}/cnn", **settings)
    assert len(result.trials) == 2
    lines = (tmp_path / "cnn" / "replay.jsonl").read_text(encoding="utf-8").splitlines()
    begin = [json.loads(line) for line in lines[:2]]
    assert [record["architecture"] for record in begin] == [
        t["architecture"] for t in earlier.trials
    ]
    assert {record["earlier"] for record in begin} == {"same"}
    assert rewards_learned(tmp_path / "cnn") == 4
    again = resume(f"{tmp_path}/cnn", trials=3)
    assert len(again.trials) == 3
    assert rewards_learned(tmp_path / "cnn") == 5


def rewards_learned(run_dir: Path) -> int:
    saved = checkpoint.load(run_dir)
    assert saved is not None
    return saved[1]["rewards"]


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")

SCRIPT = """
import sys
from architecto import search
try:
    search(scorer=lambda task, choices: [0] * len(choices), trials=500, epochs=1, run=sys.argv[1])
except KeyboardInterrupt:
    sys.exit(77)
"""


def children(of: int) -> list[int]:
    """The processes whose parent is a process, from Linux's /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = stat.read_text().rpartition(")")[2].split()[1]
            if int(parent) == of:
                found.append(int(stat.parent.name))
    return found


def begin(python, folder: Path, **environment: str) -> tuple[subprocess.Popen[str], list[int]]:
    """A process that searches and has finished a trial, and the processes that it started."""
    process = subprocess.Popen(
        [python, "-c", SCRIPT, folder],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("[1/500]"):
            break
    started = children(process.pid)
    assert len(started) == 2  # an engine and a worker
    return process, started


def alive(pids: list[int]) -> list[int]:
    """Those that are, and are not merely waiting for their parent to hear of their end."""
    found = []
    for pid in pids:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.append(pid)
    return found


@needs_proc
def test_an_interrupt_ends_the_processes(python, tmp_path: Path) -> None:
    """Also one that the whole process group gets, as from a terminal; the run can go on."""
    folder = tmp_path / "run"
    process, started = begin(python, folder)
    os.killpg(process.pid, signal.SIGINT)
    assert process.stdout is not None
    with process.stdout:
        rest = process.stdout.read()
    assert process.wait(60) == 77
    assert f"architecto.resume('{folder}')" in rest
    assert not alive(started)
    assert not (folder / "connection.json").exists()

    done = len(Result.read(folder).trials)
    again = resume(str(folder), scorer=first_first, trials=done + 1)
    assert len(again.trials) == done + 1


@needs_proc
def test_nothing_outlives_a_killed_notebook(python, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as short:  # for the directory of its socket, which stays
        process, started = begin(python, tmp_path / "run", TMPDIR=short)
        process.kill()
        assert process.stdout is not None
        process.stdout.close()
        process.wait()
        until = time.monotonic() + 60
        while alive(started):
            assert time.monotonic() < until
            time.sleep(0.1)
