"""Is a disturbed run the undisturbed one? Whole runs whose processes are killed at random moments.

    .venv/bin/python tests/faults/kills.py --seed 0 --kills 100 --interrupts 20

Each run is disturbed up to five times, `--kills` and `--interrupts` times in all: SIGKILL to the
engine, the agent, the evaluation worker or the supervisor, alone or two at once, at a random place
of the trace or while something starts; Ctrl-C to the supervisor. Where the supervisor is gone the
run is resumed, and may be disturbed again while it resumes. In the end its trials (numbers,
architectures, rewards) and its whole trace (but for the times) must be those of an undisturbed run.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from running_search import RunningSearch, alive, command_line, descendants

from architecto.study.study import JOURNAL, Study

WORDS = {"engine": "run-search.rkt", "agent": " serve ", "worker": "executors.worker"}
"""What the command line of a process of a run holds."""
PER_RUN = 5
"""Disturbances of one run at most."""
TRAINING = ("--trials", "10", "--epochs", "1")


@dataclass
class Disturber:
    """Disturbs one run, ``plan`` after ``plan``: "interrupt", or the processes to kill."""

    python: str
    folder: Path
    settings: tuple[str, ...]
    rng: random.Random
    trace_size: int
    search: RunningSearch | None = None
    done: list[str] = field(default_factory=list)
    _spared: int = -1

    def run(self, plans: list[tuple[str, ...]]) -> None:
        """Carry out the plans and bring the run to its end."""
        self.folder.mkdir()
        self._start()
        places = sorted(self.rng.randrange(self.trace_size) for _ in plans)
        for plan, place in zip(plans, places, strict=True):
            self._wait(place)
            self._disturb(plan)
        while not self._over():
            self._keep_going()
            time.sleep(0.05)

    def _start(self) -> None:
        begun = (self.folder / "runs" / "test" / "configuration.json").exists()
        words = ["resume", "test"] if begun else ["run", "--run", "test", *self.settings]
        if self.search is not None:
            self.search.end()
        self.search = RunningSearch(self.python, self.folder, *words)

    def _wait(self, place: int) -> None:
        """Wait until the trace is so long, or for some seconds after everything was started."""
        seconds = self.rng.uniform(0, 8) if self.rng.random() < 0.3 else None
        until = time.monotonic() + (seconds or 0)
        trace = self.folder / "runs" / "test" / "trace.jsonl"
        while not self._over():
            self._keep_going()
            if seconds is not None and time.monotonic() > until:
                break
            if seconds is None and trace.exists() and trace.stat().st_size >= place:
                break
            time.sleep(0.01)
        time.sleep(self.rng.uniform(0, 0.03))

    def _disturb(self, plan: tuple[str, ...]) -> None:
        assert self.search is not None
        supervisor = self.search.process
        if supervisor.poll() is not None:
            return
        if plan == ("interrupt",):
            supervisor.send_signal(signal.SIGINT)
            supervisor.wait(600)
            self.done.append("interrupt")
            return
        below = {p: command_line(p) for p in descendants(supervisor.pid)}
        for name in plan:
            found = [p for p, line in below.items() if WORDS.get(name, "\n") in line]
            process = supervisor.pid if name == "supervisor" else next(iter(found), None)
            if name == "worker":
                # The second worker that dies at one evaluation takes it along, as it must.
                if self._finished() == self._spared:
                    continue
                self._spared = self._finished()
            if process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                    self.done.append(name)

    def _finished(self) -> int:
        journal = self.folder / "runs" / "test" / JOURNAL
        return journal.read_bytes().count(b'"evaluation"') if journal.exists() else 0

    def _over(self) -> bool:
        assert self.search is not None
        return self.search.process.poll() == 0

    def _keep_going(self) -> None:
        """Resume a run whose supervisor is gone; what it leaves behind ends by itself."""
        assert self.search is not None
        status = self.search.process.poll()
        if status is None or status == 0:
            return
        if status not in (-signal.SIGKILL, 130, 1):
            raise AssertionError(f"the run ended with status {status}:\n{self.search.text()}")
        if any(self._is_ours(p) for p in _processes()):
            return  # an agent that is about to end
        self._start()

    def _is_ours(self, process: int) -> bool:
        run_dir = str(self.folder / "runs" / "test")
        line = command_line(process)
        try:
            here = os.readlink(f"/proc/{process}/cwd") == str(self.folder)
        except OSError:
            return False
        return alive(process) and (here or run_dir in line) and process != os.getpid()


def _processes() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").glob("[0-9]*"))


def outcome(run_dir: Path) -> tuple[list[Any], list[Any]]:
    """The trials of a run and its trace, without times."""
    with Study.open(run_dir, read_only=True) as study:
        trials = [(t.number, t.answer, t.reward) for t in study.trials]
    lines = [json.loads(line) for line in (run_dir / "trace.jsonl").read_text().splitlines()]
    return trials, [{k: v for k, v in line.items() if k not in ("t", "crc")} for line in lines]


def plan(rng: random.Random, kills: int, interrupts: int) -> list[tuple[str, ...]]:
    """The disturbances of one run, out of so many that are still wanted."""
    every: list[tuple[str, ...]] = [("interrupt",)] * interrupts
    while kills > 0:
        pair = kills > 1 and rng.random() < 0.3
        every.append(tuple(rng.sample([*WORDS, "supervisor"], 2 if pair else 1)))
        kills -= 1 + pair
    return rng.sample(every, min(PER_RUN, len(every)))


def disturb(
    python: str, folder: Path, settings: tuple[str, ...], seed: int, kills: int, interrupts: int
) -> Iterator[tuple[list[str], str | None]]:
    """Disturb run after run: what each suffered, and how it differs from the undisturbed one."""
    (folder / "undisturbed").mkdir(parents=True)
    search = RunningSearch(python, folder / "undisturbed", "run", "--run", "test", *settings)
    try:
        assert search.process.wait(600) == 0, search.text()
    finally:
        search.end()
    trials, lines = outcome(search.run_dir)
    rng = random.Random(seed)
    size = (search.run_dir / "trace.jsonl").stat().st_size
    number = 0
    while kills > 0 or interrupts > 0:  # some come too late, or find no process
        disturber = Disturber(python, folder / f"disturbed-{number}", settings, rng, size)
        try:
            disturber.run(plan(rng, kills, interrupts))
        finally:
            if disturber.search is not None:
                disturber.search.end()
        assert disturber.search is not None
        number += 1
        interrupts -= disturber.done.count("interrupt")
        kills -= len(disturber.done) - disturber.done.count("interrupt")
        yield disturber.done, _difference(disturber.search.run_dir, trials, lines)


def _difference(run_dir: Path, trials: list[Any], lines: list[Any]) -> str | None:
    its_trials, its_lines = outcome(run_dir)
    compared = (("trial", trials, its_trials), ("line of the trace", lines, its_lines))
    for what, ours, theirs in compared:
        for place, (one, other) in enumerate(zip(ours, theirs, strict=False)):
            if one != other:
                return f"{what} {place} is {str(other)[:300]}, expected {str(one)[:300]}"
        if len(ours) != len(theirs):
            return f"{len(theirs)} of what is a {what}, expected {len(ours)}"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kills", type=int, default=100, help="SIGKILLs (default: 100)")
    parser.add_argument("--interrupts", type=int, default=20, help="Ctrl-C (default: 20)")
    parser.add_argument(
        "--table", help="CSV of results of nas-bench-201: two thirds of the runs look up"
    )
    parser.add_argument("--folder", help="where the runs stay (default: a temporary folder)")
    options = parser.parse_args()
    kinds = [("training", TRAINING)]
    if options.table:
        table = ("--space", "nas-bench-201", "--table", str(Path(options.table).resolve()))
        table += ("--search-metric", "test_200_epochs", "--trials")
        kinds.append(("table", (*table, "16")))
        kinds.append(("table, best first", (*table, "12", "--strategy", "best-first")))
    differing = runs = kills = interrupts = 0
    with contextlib.ExitStack() as stack:
        folder = options.folder or stack.enter_context(tempfile.TemporaryDirectory())
        for name, settings in kinds:
            shares = (-(-options.kills // len(kinds)), -(-options.interrupts // len(kinds)))
            place = Path(folder).resolve() / name
            for done, difference in disturb(sys.executable, place, settings, options.seed, *shares):
                runs += 1
                interrupts += done.count("interrupt")
                kills += len(done) - done.count("interrupt")
                differing += difference is not None
                print(f"{name}: {' '.join(done)}: {difference or 'the same run'}", flush=True)
    print(f"{kills} SIGKILLs, {interrupts} Ctrl-C, {runs} runs: ", end="")
    print(f"{differing} differ from the undisturbed one")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
