"""The tests of a problem."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from architecto import problems, scorers
from architecto.problems.base import BaseProblem, ProblemError
from architecto.runs import engines
from architecto.runs.configuration import Configuration


class ProblemTests:
    """problem: a spec, such as ``my_problem.rkt`` or ``my_problem.py:Mine``
    settings: of the problem, by name
    no_answers: texts that are no answers of it
    """

    problem: str
    settings: dict[str, Any]
    no_answers: list[str]

    def make(self) -> BaseProblem:
        return Configuration.of(problem=self.problem, **self.settings).searched

    def answer(self) -> str:
        """The text of one answer, as an engine sends it."""
        return engines.find_one(engines.command(self.make().engine_words()))

    def test_it_can_be_searched_here(self) -> None:
        self.make().check()

    def test_an_engine_describes_it(self) -> None:
        told = engines.describe(engines.command(self.make().engine_words()))
        assert told.problem and len(told.task.splitlines()) == 1

    def test_an_answer_has_one_text(self) -> None:
        problem, answer = self.make(), self.answer()
        text = problem.canonical(answer)
        assert problem.canonical(text) == text
        assert problem.canonical(f" {answer}\n") == text

    def test_what_is_no_answer_is_refused_in_one_line(self) -> None:
        for text in self.no_answers:
            with pytest.raises(ProblemError) as raised:
                self.make().canonical(text)
            assert len(str(raised.value).splitlines()) == 1

    def test_a_summary_is_one_line(self) -> None:
        problem = self.make()
        assert len(problem.summary(problem.canonical(self.answer())).splitlines()) == 1

    def test_its_title_can_name_a_run(self) -> None:
        assert self.make().title.replace("-", "").replace("_", "").isalnum()

    def test_its_settings_are_stored_and_read_again(self) -> None:
        problem = self.make()
        stored = dataclasses.asdict(problem.absolute())
        kind = problems.settings_class(self.problem)
        assert problems.open(self.problem, kind(**stored)).engine_words()

    def test_a_scorer_can_read_its_choices(self) -> None:
        problem = self.make()
        task = problem.task or engines.describe(engines.command(problem.engine_words())).task
        scorer = scorers.load("bag", seed=0)
        assert scorer.score(task, [problem.canonical(self.answer())]).shape == (1,)
