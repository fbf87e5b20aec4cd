"""A run whose agent is a foreign one: engines that connect to it, and nothing else.

Nothing is trained here and no directory of a run is made; what the agent does with the answers is
its own affair. Engines that die are started again as in any run, until one has ended by itself:
then the agent has had enough, or the space is exhausted, and the others only finish.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import time
from pathlib import Path

from architecto.conversation import endpoint, keys
from architecto.runs import configuration, engines
from architecto.runs.configuration import Configuration, ConfigurationError
from architecto.runs.supervisor import RESTARTS, USER_ERROR, Child, Signals

DEADLINE_S = 10
"""Seconds that the agent has to answer an engine's hello."""


SETTINGS = ("problem", "strategy", "engines", "task")
"""The settings of a run that have a meaning here, beside those of its problem."""


def command(at: str, wanted: Configuration, *, key: Path | None = None) -> list[str]:
    """The command line of an engine for an agent at an endpoint, up to its session's name.

    Raises a ValueError with one line for what cannot work.
    """
    _check(at, key)
    wanted.searched.check()
    engines.check_strategy(wanted.strategy)
    words = configuration.engine_command(wanted)
    if key is not None:
        words += ["--key", str(key)]
    words += ["--deadline", str(DEADLINE_S), "--end-with-stdin"]
    return [*words, "--connect", at]


def connect(at: str, engine: list[str], *, count: int) -> int:
    """Run engines until the agent stops them or the space is exhausted; gives the exit status.

    ``engine`` is what `command` gives. 0: done. 1: engines kept dying. 2: an engine met a mistake
    of the user. 128 + N: ended by signal N.
    """
    signals = Signals()
    own = f"{os.getpid()}-{secrets.token_hex(3)}"  # no other run's engines have it
    print(f"connecting {count} engine{'s' * (count > 1)} to the agent at {at}", flush=True)
    children: list[Child] = []
    with tempfile.TemporaryDirectory(prefix="architecto-") as logs:
        try:
            for number in range(count):
                name = f"engine-{number}"
                words = [*engine, "--session", f"{name}-{own}"]
                children.append(Child(name, words, Path(logs) / f"{name}.log"))
            return _watch(children, signals)
        finally:
            for child in children:
                child.ask_to_end()
            for child in children:
                child.end()


def _watch(children: list[Child], signals: Signals) -> int:
    deaths: list[float] = []
    while signals.received is None:
        statuses = [child.status() for child in children]
        done = [child for child, status in zip(children, statuses, strict=True) if status == 0]
        if done and None not in statuses:
            print(f"done: {done[0].last_words()}")
            return 0
        for child, status in zip(children, statuses, strict=True):
            if status in (None, 0) or (done and status != USER_ERROR):
                continue
            if status == USER_ERROR:
                print(f"architecto run: {child.last_words()}", file=sys.stderr)
                return USER_ERROR
            now = time.monotonic()
            deaths = [*(t for t in deaths if t > now - 60), now]
            reason = f"the {child.name} {child.death()}: {child.last_words()}"
            if len(deaths) > RESTARTS:
                print(f"{reason}; the fourth death in a minute, giving up", file=sys.stderr)
                return 1
            print(f"{reason}; it starts again", file=sys.stderr)
            child.start()
        signals.wait(1.0)
    print("ended by a signal: the engines are stopped")
    return 128 + signals.received


def _check(at: str, key: Path | None) -> None:
    if at.startswith("tcp://"):
        if key is None:
            raise ConfigurationError(f"--connect {at}: tcp needs --key FILE, an engine's key file")
        keys.secret(key)
        keys.public_of_agent(key)
    elif not at.startswith("ipc://"):
        expected = "expected ipc://PATH or tcp://ADDRESS:PORT"
        raise ConfigurationError(f"--connect {at}: {expected}")
    elif not endpoint.is_listening(at):
        raise ConfigurationError(f"--connect {at}: no agent listens there: start it first")
