"""Executors: where evaluations run."""

from architecto.executors.local import ExecutorError, Finished, LocalExecutor, Progress

__all__ = ["ExecutorError", "Finished", "LocalExecutor", "Progress"]
