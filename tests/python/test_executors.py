"""The executor and its worker processes: what they return, and how they die."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from architecto.evaluators.base import Evaluation
from architecto.executors import ExecutorError, Finished, Progress
from architecto.executors.local import LocalExecutor

MISBEHAVING = {"name": "evaluators_for_tests:Misbehaving"}

Open = Callable[..., LocalExecutor]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Makes executors of `Misbehaving` evaluators and closes them."""
    path = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))
    opened: list[LocalExecutor] = []

    def make(spec: dict[str, Any] | None = None, **arguments: Any) -> LocalExecutor:
        opened.append(LocalExecutor(spec or MISBEHAVING, **arguments))
        return opened[-1]

    yield make
    for executor in opened:
        executor.close()


def collect(executor: LocalExecutor, finished: int = 1) -> list[Progress | Finished]:
    """All events until `finished` evaluations are over."""
    events: list[Progress | Finished] = []
    while sum(isinstance(event, Finished) for event in events) < finished:
        select.select(executor.filenos(), [], [], 0.2)
        events += executor.poll()
    return events


def ask(executor: LocalExecutor, words: str, trial: int = 0, seed: int = 0) -> Evaluation:
    executor.submit(trial, words, seed=seed, weights_path=None)
    *_, last = collect(executor)
    assert isinstance(last, Finished) and last.trial == trial
    return last.evaluation


def gone(pid: int) -> bool:
    """Whether the process ends within ten seconds."""
    for _ in range(1000):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_one_evaluation_after_another(start: Open) -> None:
    executor = start()
    assert executor.free() == 1
    assert executor.poll() == []
    executor.submit(4, "epochs 2", seed=11, weights_path=None)
    assert executor.free() == 0
    *progress, last = collect(executor)
    assert progress == [Progress(4, 1, 2, 0.1), Progress(4, 2, 2, 0.2)]
    assert isinstance(last, Finished)
    metrics = {"score": 0.9, "parameters": 11}
    assert last.evaluation == Evaluation(
        "complete", metrics=metrics, seconds=0.1, objective="score"
    )
    assert executor.free() == 1
    assert ask(executor, "fail").reason == "a reason"


def test_the_worker_is_kept(start: Open) -> None:
    executor = start()
    assert ask(executor, "pid").reason == ask(executor, "pid").reason


def test_two_workers_work_at_once(start: Open) -> None:
    executor = start(workers=2)
    executor.submit(0, "sleep 0.1", seed=0, weights_path=None)
    executor.submit(1, "fail", seed=0, weights_path=None)
    assert executor.free() == 0
    with pytest.raises(ExecutorError, match="every worker is busy"):
        executor.submit(2, "fail", seed=0, weights_path=None)
    events = collect(executor, finished=2)
    assert sorted(event.trial for event in events) == [0, 1]


def test_a_worker_computes_in_one_thread(start: Open) -> None:
    assert ask(start(), "environment").reason == "1"


def test_what_training_prints_does_not_reach_the_parent(start: Open, tmp_path: Path) -> None:
    executor = start(log=tmp_path / "worker.log")
    assert ask(executor, "print").status == "complete"
    log = (tmp_path / "worker.log").read_text()
    assert "from a child\n" in log and "from the file descriptor\n" in log


def test_long_results_arrive_whole(start: Open) -> None:
    assert len(ask(start(), "long").curves["training_loss"]) == 50_000


def test_an_exception_is_a_failed_evaluation_and_the_worker_lives_on(start: Open) -> None:
    executor = start()
    pid = ask(executor, "pid").reason
    evaluation = ask(executor, "raise")
    assert (evaluation.status, evaluation.judged) == ("failed", True)
    assert evaluation.reason == "RuntimeError: two lines"
    assert ask(executor, "pid").reason == pid


def test_an_evaluator_that_breaks_its_promise_is_a_failure_of_the_machine(start: Open) -> None:
    evaluation = ask(start(), "none")
    assert (evaluation.status, evaluation.judged) == ("failed", False)
    assert evaluation.reason == "evaluator Misbehaving: got NoneType, expected an Evaluation"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("kill", "the evaluation worker was ended by signal 9 (tried 2 times)"),
        ("exit", "the evaluation worker ended with status 7: the last words (tried 2 times)"),
    ],
)
def test_the_second_worker_that_dies_at_an_evaluation_fails_it_and_the_network_is_not_judged(
    start: Open, words: str, reason: str
) -> None:
    executor = start()
    evaluation = ask(executor, words)
    assert (evaluation.status, evaluation.reason, evaluation.judged) == ("failed", reason, False)
    assert executor.free() == 1
    assert ask(executor, "epochs 1").status == "complete"


def test_an_evaluation_whose_worker_dies_begins_again(start: Open, tmp_path: Path) -> None:
    executor = start()
    evaluation = ask(executor, f"once {tmp_path / 'tried'}")
    assert (evaluation.status, evaluation.judged) == ("complete", True)


def test_a_worker_that_dies_while_it_starts_is_no_try(start: Open) -> None:
    executor = start()
    executor.submit(0, "epochs 1", seed=0, weights_path=None)
    for _ in range(2):
        os.kill(executor._workers[0].process.pid, signal.SIGKILL)
        assert gone(executor._workers[0].process.pid)
        assert executor.poll() == []
    [*_, event] = collect(executor)
    assert isinstance(event, Finished) and event.evaluation.status == "complete"


def test_a_worker_that_dies_while_it_waits_costs_nothing(start: Open) -> None:
    executor = start()
    pid = int(ask(executor, "pid").reason or "")
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    assert executor.poll() == []
    assert ask(executor, "epochs 1").status == "complete"


def test_an_evaluation_that_takes_too_long_is_ended(start: Open) -> None:
    now = 0.0
    executor = start(limit_seconds=60.0, clock=lambda: now)
    pid = int(ask(executor, "pid").reason or "")
    executor.submit(5, "sleep 1000", seed=0, weights_path=None)
    now = 59.0
    assert executor.poll() == []
    now = 61.0
    (event,) = executor.poll()
    assert isinstance(event, Finished) and event.trial == 5
    assert event.evaluation.reason == "it took longer than 60 s and was ended"
    assert event.evaluation.seconds == 61.0
    assert gone(pid)
    assert ask(executor, "epochs 1").status == "complete"


def test_an_evaluator_that_cannot_be_used_is_an_error(start: Open) -> None:
    executor = start({**MISBEHAVING, "start": "refuse"})
    executor.submit(0, "fail", seed=0, weights_path=None)
    with pytest.raises(ExecutorError, match=r"Misbehaving\(\) failed: ValueError: no such"):
        collect(executor)


def test_an_unknown_evaluator_is_an_error(start: Open) -> None:
    with pytest.raises(ExecutorError, match="evaluator: got 'guess', expected training, tab"):
        collect(start({"name": "guess"}))


def test_workers_that_die_while_they_start_are_given_up(start: Open) -> None:
    executor = start({**MISBEHAVING, "start": "die"})
    with pytest.raises(ExecutorError, match=r"can be started: .* status 3: out of luck"):
        collect(executor)


def test_close_ends_a_busy_worker(start: Open) -> None:
    executor = start()
    pid = int(ask(executor, "pid").reason or "")
    executor.submit(0, "sleep 1000", seed=0, weights_path=None)
    executor.close()
    assert gone(pid)


PARENT = f"""
import select, sys, time
from architecto.executors.local import LocalExecutor
executor = LocalExecutor({MISBEHAVING})
executor.submit(0, "pid", seed=0, weights_path=None)
while not (events := executor.poll()):
    select.select(executor.filenos(), [], [])
executor.submit(1, "sleep 1000", seed=0, weights_path=None)
print(events[0].evaluation.reason, flush=True)
time.sleep(1000)
"""


@pytest.mark.usefixtures("start")
def test_a_worker_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent:
        worker = int(parent.stdout.readline())
        assert Path(f"/proc/{worker}").exists()
        parent.send_signal(signal.SIGKILL)
    assert gone(worker)


def test_the_executor_needs_no_torch() -> None:
    code = "import sys; import architecto.executors.local; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
