"""Neural architecture search as a guided relational search.

The API for notebooks and scripts, loaded when it is first used: `search`, `resume`, `Search`,
`Result`, `Configuration` and `NetworkSettings` (every setting), and the base of each kind of
variant that a user may bring.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "search": "notebook",
    "resume": "notebook",
    "Search": "notebook",
    "Result": "runs.result",
    "Configuration": "runs.configuration",
    "NetworkSettings": "problems.networks.problem",
    "BaseProblem": "problems.base",
    "BaseEvaluator": "evaluators.base",
    "Evaluation": "evaluators.base",
    "failed": "evaluators.base",
    "BaseReward": "rewards.base",
    "BaseExecutor": "executors.base",
    "BaseDataset": "problems.networks.datasets.base",
    "Splits": "problems.networks.datasets.base",
    "BaseScorer": "scorers.base",
    "LearningScorer": "scorers.base",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
