"""Engines as commands: racket/run-search.rkt, and what can be asked of it without an agent."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
"""The root of the checkout, which holds ``racket/``."""
STRATEGIES = sorted(path.stem for path in PROJECT.glob("racket/search/strategies/*.rkt"))
"""The search strategies by name: each is a file."""


class EngineError(ValueError):
    """An engine that cannot start or has nothing to search; the message is one line."""


@dataclass(frozen=True)
class Description:
    """What an engine says of its problem: its name, the sentence for scorers, and facts."""

    problem: str
    task: str
    facts: dict[str, Any]


def racket() -> str:
    """The path of Racket; raises EngineError if it is not installed."""
    found = shutil.which("racket")
    if found is None:
        raise EngineError(
            "no racket on PATH: `make setup` installs it, or see https://racket-lang.org"
        )
    return found


def command(words: Sequence[str], *, task: str | None = None) -> list[str]:
    """The command line of an engine, up to where it connects.

    words: a problem's, see `BaseProblem.engine_words`; task: the sentence, or the problem's own
    """
    own = [] if task is None else ["--task", task]
    return [racket(), str(PROJECT / "racket" / "run-search.rkt"), *words, *own]


def describe(engine: Sequence[str]) -> Description:
    """What an engine says of its problem; raises EngineError."""
    said = _ask([*engine, "--describe"])
    try:
        found = json.loads(said)
        return Description(found["problem"], found["task"], found["facts"])
    except (ValueError, KeyError, TypeError):
        raise EngineError(f"the engine says {said[:200]!r}, expected a problem as JSON") from None


def find_one(engine: Sequence[str]) -> str:
    """The text of one answer; raises EngineError if there is none, or the engine cannot start."""
    return _ask([*engine, "--feasible"])


def check_strategy(strategy: str) -> None:
    """Raise EngineError if there is no such strategy."""
    if strategy.endswith(".rkt"):
        if not Path(strategy).is_file():
            raise EngineError(f"no strategy file {strategy}: give the path of a .rkt file")
    elif strategy not in STRATEGIES:
        known = ", ".join(STRATEGIES)
        raise EngineError(f"unknown strategy {strategy!r}; known are {known}, or FILE.rkt")


def absolute_strategy(strategy: str) -> str:
    """The same strategy, the path of its file made absolute."""
    return str(Path(strategy).resolve()) if strategy.endswith(".rkt") else strategy


def _ask(command: list[str]) -> str:
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode:
        lines = result.stderr.strip().splitlines() or ["the search engine does not start"]
        raise EngineError(lines[0].removeprefix("run-search: "))
    return result.stdout.strip()
