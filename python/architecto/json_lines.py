"""Files that grow by one JSON object a line, and how they are read after a kill or damage.

What cannot be read (a line in the middle that is no object of the file's kind, a last line without
its end) is copied to FILE.damaged. In the middle it is then overwritten with spaces: every other
line stays where it is, and readers pass over it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any


def read(path: Path, bad: list[int] | None = None) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Give the objects of a file in order, each with the bytes at which its line starts and ends.

    A file that is not there has none. The starts of lines that cannot be read are added to ``bad``.
    """
    if not path.is_file():
        return
    with path.open("rb") as file:
        end = 0
        for line in file:
            start, end = end, end + len(line)
            record = _object(line)
            if record is not None:
                yield start, end, record
            elif bad is not None and not line.isspace():
                bad.append(start)


def at(file: IO[bytes], start: int) -> dict[str, Any]:
    """The object of the line that starts there."""
    file.seek(start)
    return json.loads(file.readline())


def write(path: Path, record: dict[str, Any]) -> None:
    """Append one object."""
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    with path.open("ab") as file:
        file.write(line.encode() + b"\n")


def set_aside(path: Path, bad: list[int], say: Callable[[str], None]) -> None:
    """Take lines out of a file, given by their starts; says where they are now, in one line."""
    if not bad:
        return
    size = 0
    with path.open("rb+") as file, aside(path).open("ab") as kept:
        for start in sorted(bad):
            file.seek(start)
            line = file.readline()
            kept.write(line if line.endswith(b"\n") else line + b"\n")
            kept.flush()
            os.fsync(kept.fileno())
            size += len(line)
            file.seek(start)
            if line.endswith(b"\n"):
                file.write(b" " * (len(line) - 1))
            else:
                file.truncate()
    where = f"from byte {min(bad)} on" if len(bad) == 1 else f"in {len(bad)} places"
    say(f"{path}: {size} bytes cannot be read, {where}; they are kept in {aside(path).name}")


def aside(path: Path) -> Path:
    """Where the lines of a file go that cannot be read."""
    return path.with_name(path.name + ".damaged")


def _object(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
