"""Checkpoints of the agent in a run's directory: whole or not there, and known to be whole.

``checkpoint/N.pt`` is a line of JSON ``{"v":2,"sha256":DIGEST}``, a line of JSON with the position
of the run, and what `torch.save` made of the agent's state; the digest is that of all that follows
the first line. N counts up. The checkpoint before the last is kept, in case the last is damaged.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architecto.conversation.position import Position

if TYPE_CHECKING:
    from architecto.learning.agent import Agent

KEPT = 2
"""Checkpoints that are kept, the latest ones."""

VERSION = 2
"""Goes up when the agent's state is another one; what another release wrote is not read."""
_FILE = re.compile(r"(\d+)\.pt\Z")


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message is one line."""


class Writer:
    """Saves checkpoints of a run while the caller goes on.

    A process that dies before one is written goes on from the one before, and does again what came
    after it: see `recovery`.
    """

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._writing: Future[None] | None = None

    def save(self, agent: Agent, position: Position) -> None:
        """Save the state of this moment; raises OSError if the one before could not be written."""
        self.wait()
        content = _content(agent, position)
        self._writing = self._thread.submit(_write, self._run_dir, content)

    def wait(self) -> None:
        """Wait until the latest is written; raises OSError if it cannot be."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def close(self) -> None:
        """The same, and nothing is saved any more."""
        try:
            self.wait()
        finally:
            self._thread.shutdown()


def save(run_dir: Path, agent: Agent, position: Position) -> None:
    """Save the agent and the position, and forget the checkpoint before the one before."""
    _write(run_dir, _content(agent, position))


def _content(agent: Agent, position: Position) -> bytes:
    import torch

    agent.buffer.sync()
    state = io.BytesIO()
    torch.save(agent.state_dict(), state)
    return json.dumps(asdict(position)).encode() + b"\n" + state.getvalue()


def _write(run_dir: Path, content: bytes) -> None:
    folder = run_dir / "checkpoint"
    folder.mkdir(exist_ok=True)
    head = {"v": VERSION, "sha256": hashlib.sha256(content).hexdigest()}
    files = _files(run_dir)
    number = files[0][0] + 1 if files else 1
    unfinished = folder / f"{number}.pt.part"
    with unfinished.open("wb") as file:
        file.write(json.dumps(head, separators=(",", ":")).encode() + b"\n" + content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, folder / f"{number}.pt")
    for _, old in files[KEPT - 1 :]:
        old.unlink(missing_ok=True)


def load(
    run_dir: Path, say: Callable[[str], None] | None = None
) -> tuple[Position, dict[str, Any]] | None:
    """The position and the agent's state of the latest checkpoint that is whole; None without one.

    Those that are damaged get another name, and ``say`` is told; without it all stay as they are.
    """
    for _, path in _files(run_dir):
        try:
            return _read(path)
        except CheckpointError as error:
            if say is not None:
                path.rename(path.with_name(path.name + ".damaged"))
                say(f"{error}; it is kept in {path.name}.damaged")
    return None


def exists(run_dir: Path) -> bool:
    """Was a checkpoint ever saved?"""
    return bool(_files(run_dir))


def is_damaged(run_dir: Path) -> bool:
    """Was one found that is not whole?"""
    return any((run_dir / "checkpoint").glob("*.pt.damaged"))


def _files(run_dir: Path) -> list[tuple[int, Path]]:
    """The checkpoints, latest first, each with its number."""
    found = [(_FILE.match(path.name), path) for path in (run_dir / "checkpoint").glob("*.pt")]
    return sorted(((int(match[1]), path) for match, path in found if match), reverse=True)


def _read(path: Path) -> tuple[Position, dict[str, Any]]:
    """The content of a checkpoint; raises CheckpointError if it is not what was written."""
    import torch

    try:
        with path.open("rb") as file:
            head = json.loads(file.readline())
            digest, content = head["sha256"], file.read()
        if head.get("v") != VERSION:
            raise CheckpointError(f"{path} was written by another release")
        if hashlib.sha256(content).hexdigest() != digest:
            raise CheckpointError(f"{path} is damaged: its checksum is wrong")
        position, _, state = content.partition(b"\n")
        return Position(**json.loads(position)), torch.load(io.BytesIO(state), weights_only=True)
    except CheckpointError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path} is damaged: {type(error).__name__}: {error}") from None
