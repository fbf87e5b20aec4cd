"""A relation of a user's own: a Racket file that defines a problem with ``define-problem``.

The file says everything, see racket/search/problem.rkt: the relation, its name, the sentence.
What judges its answers is an evaluator of the user's own.
"""

from __future__ import annotations

from pathlib import Path

from architecto.problems.base import BaseProblem, NoSettings, ProblemError


class Relation(BaseProblem):
    """The problem in a Racket file, given by its path."""

    name = "relation"

    def __init__(self, file: str) -> None:
        super().__init__(NoSettings())
        self.file = file

    @property
    def title(self) -> str:
        return Path(self.file).stem

    def engine_words(self) -> list[str]:
        return ["--problem", self.file]

    def check(self) -> None:
        if not Path(self.file).is_file():
            raise ProblemError(f"no problem file {self.file}: give the path of a .rkt file")
