"""Neural architecture search as a guided relational search.

The API for notebooks and scripts, loaded when it is first used: `search`, `resume`, `Search`,
`Result`, `Configuration` (every setting) and `BaseScorer`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from architecto.notebook import Search, resume, search
    from architecto.runs.configuration import Configuration
    from architecto.runs.result import Result
    from architecto.scorers.base import BaseScorer

__version__ = "0.1.0"

__all__ = ["BaseScorer", "Configuration", "Result", "Search", "__version__", "resume", "search"]

_HOMES = {
    "search": "notebook",
    "resume": "notebook",
    "Search": "notebook",
    "Result": "runs.result",
    "Configuration": "runs.configuration",
    "BaseScorer": "scorers.base",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
