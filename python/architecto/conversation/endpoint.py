"""Where an agent listens: a socket file in a fresh directory that only its owner can enter."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import stat
import tempfile
from pathlib import Path

_TCP = re.compile(r"tcp://[^/:\s]+:([0-9]{1,5}|\*)\Z")
PATH_LIMIT = 103
"""Longest path of a socket file, in bytes, that Linux and macOS both take."""


class EndpointError(ValueError):
    """An endpoint that cannot be used; the message is one line for a person."""


def fresh() -> str:
    """Make a directory of mode 0700 and give the endpoint in it."""
    directory = Path(tempfile.mkdtemp(prefix="architecto-"))
    if len(os.fsencode(directory / "agent")) > PATH_LIMIT:
        directory.rmdir()
        directory = Path(tempfile.mkdtemp(prefix="architecto-", dir="/tmp"))
    return f"ipc://{directory}/agent"


def check(endpoint: str, *, keys: bool = False) -> None:
    """Raise EndpointError unless an agent can listen there; ``keys``: it has CURVE keys."""
    if _TCP.match(endpoint):
        if not keys:
            raise EndpointError(
                f"endpoint {endpoint}: tcp needs keys: make them with "
                "`python -m architecto keys FOLDER` and add --keys FOLDER"
            )
        return
    if not endpoint.startswith("ipc://"):
        raise EndpointError(f"endpoint {endpoint}: expected ipc://PATH or tcp://ADDRESS:PORT")
    path = endpoint.removeprefix("ipc://")
    size = len(os.fsencode(path))
    if size > PATH_LIMIT:
        raise EndpointError(
            f"endpoint {endpoint}: the path has {size} bytes, the limit is {PATH_LIMIT}: "
            "choose a shorter one"
        )
    if not Path(path).parent.is_dir():
        raise EndpointError(f"endpoint {endpoint}: there is no directory {Path(path).parent}")
    if os.path.lexists(path) and not stat.S_ISSOCK(os.lstat(path).st_mode):  # libzmq deletes it
        raise EndpointError(
            f"endpoint {endpoint}: a file is there that is no socket, choose another"
        )
    if is_listening(endpoint):  # libzmq would take its place
        raise EndpointError(f"endpoint {endpoint}: another process listens there, choose another")


def is_listening(endpoint: str) -> bool:
    """Does a process listen at an ``ipc://`` endpoint?"""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(endpoint.removeprefix("ipc://"))
        except OSError:
            return False
    return True


def remove(endpoint: str, *, directory: bool = False) -> None:
    """Remove the socket file of an ``ipc://`` endpoint, if nobody listens there any more.

    ``directory``: also its directory, if nothing else is in it; for the process that made it with
    `fresh`.
    """
    if not endpoint.startswith("ipc://"):
        return
    path = Path(endpoint.removeprefix("ipc://"))
    with contextlib.suppress(OSError):
        if stat.S_ISSOCK(path.lstat().st_mode) and not is_listening(endpoint):
            path.unlink()
    if directory:
        with contextlib.suppress(OSError):
            path.parent.rmdir()


def of_run(run_dir: Path) -> str | None:
    """Where the agent of a run that is at work listens, as its connection file says; else None."""
    try:
        at = json.loads((run_dir / "connection.json").read_text())["endpoint"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(at, str) or not at.startswith(("ipc://", "tcp://")):
        return None
    return at if at.startswith("tcp://") or is_listening(at) else None


def write_connection(path: Path, endpoint: str) -> None:
    """Write the connection file, mode 0600: where the agent listens and which process it is."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps({"v": 1, "endpoint": endpoint, "pid": os.getpid()}) + "\n")
