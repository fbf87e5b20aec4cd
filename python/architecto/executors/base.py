"""What an executor is: it says where evaluations run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from architecto.catalogue import CatalogueError
from architecto.evaluators.base import Evaluation


class ExecutorError(CatalogueError):
    """There is no such executor, or it cannot evaluate; the message is one line."""


@dataclass(frozen=True)
class Progress:
    """One more epoch of an evaluation is over."""

    trial: int
    epoch: int
    """Counted from 1."""
    epochs: int
    value: float
    """The objective after it."""


@dataclass(frozen=True)
class Finished:
    """An evaluation is over, complete or failed."""

    trial: int
    evaluation: Evaluation


class BaseExecutor(ABC):
    """Base class of executors. None of the methods blocks: a server calls them in its loop.

    An evaluator is made from its spec where it runs, with `architecto.evaluators.create`, and
    called by `architecto.evaluators.base.carried_out` alone.
    """

    @abstractmethod
    def __init__(self, spec: dict[str, Any], workers: int = 1, *, log: Path | None = None) -> None:
        """spec: the evaluator, see `architecto.evaluators`; it is fit for JSON.
        workers: how many evaluations may run at a time.
        log: file to which what evaluators print is appended; None for nowhere.
        """

    @abstractmethod
    def free(self) -> int:
        """How many evaluations could be submitted now."""

    @abstractmethod
    def submit(
        self,
        trial: int,
        answer: str,
        *,
        seed: int,
        weights_path: Path | None,
        facts: Mapping[str, Any] = {},
    ) -> None:
        """Begins an evaluation; raises `ExecutorError` if nothing is free.

        `trial` is what `poll` calls it; the other arguments are those of `BaseEvaluator.evaluate`,
        and facts must be fit for JSON. The weights are to be at the path on this machine when
        `poll` says that the evaluation is complete.
        """

    @abstractmethod
    def poll(self) -> list[Progress | Finished]:
        """What has happened since the last call, in order.

        Every evaluation that was submitted is `Finished` once, whatever happens to it; where the
        machine failed, its evaluation is not `judged`. Raises `ExecutorError` if the evaluator
        cannot be used, or nothing can run.
        """

    def filenos(self) -> list[int]:
        """File descriptors that become readable when `poll` may have something to return.

        They may change with every call of `poll`. Without any, `poll` is called every now and then.
        """
        return []

    @abstractmethod
    def close(self) -> None:
        """Ends everything; evaluations under way are lost. May be called twice."""
