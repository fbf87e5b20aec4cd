"""The fixture that starts runs to be hurt."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from running_search import SETTINGS, RunningSearch


@pytest.fixture
def start_search(python: str, tmp_path: Path) -> Iterator[Callable[..., RunningSearch]]:
    """A function that starts a small search, given further options; ``resume`` goes on with it."""
    started: list[RunningSearch] = []

    def start(*options: str, command: str = "run") -> RunningSearch:
        words = ["resume", "test"] if command == "resume" else ["run", "--run", "test", *SETTINGS]
        started.append(RunningSearch(python, tmp_path, *words, *options))
        return started[-1]

    yield start
    for search in started:
        search.end()
