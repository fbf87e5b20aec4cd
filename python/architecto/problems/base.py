"""What a problem is: all that is particular about what a run searches, on Python's side.

Its twin in Racket is the relation itself, see racket/search/problem.rkt. The rest of the program
knows problems and nothing more particular: agent, learner, scorers, trials and executors hand
answers on as texts.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from architecto.printing import one_line
from architecto.settings import documented

if TYPE_CHECKING:
    from architecto.evaluators.base import Evaluation


class ProblemError(ValueError):
    """A problem that cannot be searched, or a text that is no answer of it; one line."""


@documented
@dataclass(frozen=True)
class NoSettings:
    """The settings of a problem that has none."""


_CALLED = (
    *("engine_words", "introduction", "check", "check_evaluator", "fetch", "absolute"),
    *("evaluator", "canonical", "summary", "write_best", "source"),
)


def _careful(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def called(self: BaseProblem, *arguments: Any) -> Any:
        try:
            return method(self, *arguments)
        except (ValueError, OSError):
            raise
        except Exception as error:
            name = type(self).__name__
            text = f"problem {name}: {method.__name__}() raised {one_line(error)}"
            raise ProblemError(text) from error

    return called


class BaseProblem(ABC):
    """Made from its settings, an instance of `Settings`; nothing is read or started by that.

    name: shown to people
    noun: what a person calls one of its answers, as the head of a column
    Settings: a frozen dataclass of what a user may set, see architecto.settings
    evaluators: the registered evaluators that take its answers, the default one first
    stores_weights: is its best answer of use only with the weights that its evaluator stored?
    """

    name: ClassVar[str]
    noun: ClassVar[str] = "answer"
    Settings: ClassVar[type] = NoSettings
    evaluators: ClassVar[Sequence[str]] = ()
    stores_weights: ClassVar[bool] = False

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    @classmethod
    def stored(cls, given: dict[str, Any], folder: Path) -> dict[str, Any]:
        """Settings of a notebook with what stands for objects in them, such as arrays: specs of
        files that are written into `folder`, for every process of a run. A ValueError of one line.
        """
        return given

    def __init_subclass__(cls, **more: Any) -> None:
        """What the code of a problem raises by mistake is a ProblemError, in one line."""
        super().__init_subclass__(**more)
        for name in _CALLED:
            if name in vars(cls):
                setattr(cls, name, _careful(vars(cls)[name]))

    @abstractmethod
    def engine_words(self) -> list[str]:
        """The options of racket/run-search.rkt that make an engine search this problem."""

    @property
    def task(self) -> str | None:
        """The sentence that stands before every choice that a scorer reads; None: the engine's
        own, which its `hello` tells."""
        return None

    @property
    def title(self) -> str:
        """What a run of it is called by default: letters, digits, hyphens."""
        return self.name

    def check(self) -> None:  # noqa: B027
        """Raise a ValueError with one line at the first setting that an engine cannot work with."""

    def check_evaluator(self, name: str) -> None:  # noqa: B027
        """The same of what an evaluator of that name needs: files, devices."""

    def fetch(self, name: str) -> None:  # noqa: B027
        """Download what an evaluator of that name needs; an engine has found an answer by then."""

    def introduction(self) -> str | None:
        """What a new run says first, in one line: what it settles by itself."""
        return None

    def absolute(self) -> Any:
        """The settings with what is settled by itself; the paths of files are absolute."""
        return self.settings

    def evaluator(self, name: str) -> dict[str, Any]:
        """The spec of an evaluator: its name and the arguments that the settings give it."""
        return {"name": name}

    def default_evaluator(self) -> str | None:
        """The evaluator that is used unless a user names one."""
        return self.evaluators[0] if self.evaluators else None

    def canonical(self, answer: str) -> str:
        """The one text of an answer that an engine sent; raises ProblemError if it is none."""
        text = answer.strip()
        if not text or len(text.splitlines()) != 1:
            raise ProblemError(f"an answer has {len(text.splitlines())} lines, expected 1")
        return text

    def summary(self, answer: str) -> str:
        """A canonical answer in one line for a person."""
        return answer

    def write_best(self, folder: Path, answer: str, evaluation: Evaluation) -> Path:
        """Write the incumbent into a folder for a user to take along; gives the main file.

        What its evaluator stored of the answer will lie beside it, as ``weights.pt``.
        """
        path = folder / "answer.txt"
        path.write_text(answer + "\n", encoding="utf-8")
        return path

    def source(self, answer: str, evaluation: Evaluation) -> str:
        """An answer as code that a user takes along: its text where there is no better one."""
        return answer

    def load(self, folder: Path, answer: str) -> Any:
        """The incumbent as an object, from what `write_best` wrote to a folder.

        Raises FileNotFoundError where the folder holds another answer or nothing.
        """
        path = folder / "answer.txt"
        if not path.is_file() or path.read_text(encoding="utf-8").strip() != answer:
            raise FileNotFoundError(f"{folder} does not hold {answer}")
        return answer
