"""Executors by name, see `architecto.catalogue`: where evaluations run.

The group of entry points is `architecto.executors`. Nothing here imports torch.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from architecto.catalogue import Catalogue
from architecto.executors.base import BaseExecutor, ExecutorError, Finished, Progress

__all__ = ["CATALOGUE", "BaseExecutor", "ExecutorError", "Finished", "Progress", "create"]

CATALOGUE = Catalogue(
    kind="executor",
    group="architecto.executors",
    base="architecto.executors.base:BaseExecutor",
    registered={"local": "architecto.executors.local:LocalExecutor"},
    error=ExecutorError,
)
names = CATALOGUE.names
check = CATALOGUE.check
absolute = CATALOGUE.absolute


def create(
    name: str, spec: dict[str, Any], workers: int = 1, *, log: Path | None = None
) -> BaseExecutor:
    """The executor of that name, at work; see `BaseExecutor` for the arguments. Raises
    `ExecutorError` with one line."""
    executor: BaseExecutor = CATALOGUE.create(name, {"spec": spec, "workers": workers, "log": log})
    return executor
