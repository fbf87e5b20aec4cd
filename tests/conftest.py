"""Fixtures for every test: where the project is, and its programs as subprocesses."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# One thread a process: the tests run side by side, and threads that compete for the same cores
# slow each other down many times over. Set before any test imports torch; subprocesses inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked `slow` comes first: begun last, it would run alone in the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter that has the package installed: the one that runs the tests."""
    return sys.executable


@pytest.fixture(scope="session")
def run_program() -> Run:
    """A function that runs a program and returns its CompletedProcess (text, output captured).

    ``run_program("make", "help", cwd=None, env=None, input="", timeout=600)``: it starts in the
    root of the checkout; ``env`` adds to the environment; ``timeout`` is in seconds, and past it
    the program is killed and subprocess.TimeoutExpired raised. The exit status is not checked.
    """

    def run(
        *command: str | Path,
        cwd: Path = ROOT,
        env: Mapping[str, str] | None = None,
        input: str = "",
        timeout: float = 600,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            input=input,
            timeout=timeout,
            capture_output=True,
            text=True,
        )

    return run


@pytest.fixture(scope="session")
def run_architecto(run_program: Run, python: str) -> Run:
    """As ``run_program``, for the command line: ``run_architecto("count", "--space", "mlp")``."""

    def run(*arguments: str | Path, **settings) -> subprocess.CompletedProcess[str]:
        return run_program(python, "-m", "architecto", *arguments, **settings)

    return run
