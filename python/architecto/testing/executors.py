"""The tests of an executor."""

from __future__ import annotations

import dataclasses
import select
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from architecto import executors
from architecto.evaluators.base import Evaluation
from architecto.executors.base import BaseExecutor, ExecutorError, Finished, Progress

SCRIPTED = {"name": "architecto.testing.scripted:Scripted"}
POLLS = 1500
"""Polls, a fifth of a second apart, after which an evaluation counts as lost."""


class ExecutorTests:
    """executor: a spec, such as ``my_executors.py:Cluster``
    survives_death: may a process that evaluates die, and the executor goes on?
    """

    executor: str
    survives_death = True

    def make(self, spec: dict[str, Any], workers: int = 1) -> BaseExecutor:
        """An executor at work."""
        return executors.create(self.executor, spec, workers)

    @pytest.fixture
    def one(self) -> Iterator[BaseExecutor]:
        executor = self.make(SCRIPTED)
        yield executor
        executor.close()

    @pytest.fixture
    def two(self) -> Iterator[BaseExecutor]:
        executor = self.make(SCRIPTED, 2)
        yield executor
        executor.close()

    def collect(self, executor: BaseExecutor, finished: int = 1) -> list[Progress | Finished]:
        """All events until `finished` evaluations are over."""
        events: list[Progress | Finished] = []
        for _ in range(POLLS):
            events += executor.poll()
            if sum(isinstance(event, Finished) for event in events) >= finished:
                return events
            select.select(executor.filenos(), [], [], 0.2)
        raise AssertionError(f"{finished} evaluations were submitted, and only {events} came")

    def ask(self, executor: BaseExecutor, words: str, trial: int = 0, **more: Any) -> Evaluation:
        """Submit one evaluation and wait for it."""
        executor.submit(trial, words, **{"seed": 0, "weights_path": None, **more})
        *_, last = self.collect(executor)
        assert isinstance(last, Finished) and last.trial == trial
        return last.evaluation

    def test_it_is_found_by_name_without_running_it(self) -> None:
        executors.check(self.executor)

    def test_an_evaluation_comes_as_the_evaluator_gave_it(self, one: BaseExecutor) -> None:
        evaluation = self.ask(one, "value 0.75", trial=4, seed=11, facts={"table_key": "|a|"})
        assert evaluation.seconds > 0  # measured where the evaluator does not say
        assert dataclasses.replace(evaluation, seconds=0.0) == Evaluation(
            "complete",
            metrics={"value": 0.75},
            facts={"seed": 11, "table_key": "|a|"},
            objective="value",
        )

    def test_one_after_another(self, one: BaseExecutor) -> None:
        for trial, value in enumerate([0.1, 0.2, 0.3]):
            assert self.ask(one, f"value {value}", trial=trial).value == value
        assert one.poll() == []

    def test_progress_comes_in_order_before_the_end(self, one: BaseExecutor) -> None:
        one.submit(6, "epochs 2", seed=0, weights_path=None)
        *progress, last = self.collect(one)
        assert progress == [Progress(6, 1, 2, 0.1), Progress(6, 2, 2, 0.2)]
        assert isinstance(last, Finished)

    def test_no_more_than_there_is_room_for(self, two: BaseExecutor, tmp_path: Path) -> None:
        assert two.free() == 2
        for trial in range(2):
            two.submit(trial, f"wait {tmp_path / 'go'}", seed=0, weights_path=None)
        assert two.free() == 0
        with pytest.raises(ExecutorError) as caught:
            two.submit(2, "value 1", seed=0, weights_path=None)
        assert "\n" not in str(caught.value)
        (tmp_path / "go").touch()
        events = self.collect(two, finished=2)
        assert sorted(event.trial for event in events) == [0, 1]
        assert two.free() == 2

    def test_nothing_blocks_while_an_evaluation_is_under_way(
        self, one: BaseExecutor, tmp_path: Path
    ) -> None:
        """The evaluation ends when this test makes a file, after the calls have returned."""
        one.submit(0, f"wait {tmp_path / 'go'}", seed=0, weights_path=None)
        for _ in range(3):
            assert one.poll() == [] and one.free() == 0
        (tmp_path / "go").touch()
        *_, last = self.collect(one)
        assert isinstance(last, Finished) and last.evaluation.reason is None

    def test_weights_are_here_when_it_is_over(self, one: BaseExecutor, tmp_path: Path) -> None:
        self.ask(one, "weights", weights_path=tmp_path / "0.pt")
        assert (tmp_path / "0.pt").read_bytes() == b"weights"

    def test_an_exception_is_a_failed_evaluation(self, one: BaseExecutor) -> None:
        evaluation = self.ask(one, "raise")
        assert (evaluation.status, evaluation.judged) == ("failed", True)
        assert evaluation.reason == "RuntimeError: two lines"
        assert self.ask(one, "value 0.5").status == "complete"

    def test_the_death_of_a_process_is_not_the_answers_fault(self, one: BaseExecutor) -> None:
        if not self.survives_death:
            pytest.skip("it says that it does not survive the death of a process")
        evaluation = self.ask(one, "die")
        assert (evaluation.status, evaluation.judged) == ("failed", False)
        assert evaluation.reason and "\n" not in evaluation.reason
        assert self.ask(one, "value 0.5").status == "complete"

    def test_an_evaluator_that_cannot_be_used_is_one_line(self) -> None:
        executor = None
        with pytest.raises(ExecutorError) as caught:
            executor = self.make({**SCRIPTED, "start": "refuse"})
            executor.submit(0, "value 1", seed=0, weights_path=None)
            self.collect(executor)
        assert "the evaluator refuses to start" in str(caught.value)
        assert "\n" not in str(caught.value)
        if executor is not None:
            executor.close()

    def test_closing_ends_what_is_under_way_and_may_come_twice(self, tmp_path: Path) -> None:
        executor = self.make(SCRIPTED)
        executor.submit(0, f"wait {tmp_path / 'never'}", seed=0, weights_path=None)
        executor.close()
        executor.close()
