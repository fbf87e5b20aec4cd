"""Files that grow by one JSON object a line, and how they are read after a kill or damage.

Each line ends in `"crc":N`, the CRC-32 of the bytes before the comma: a flipped bit is seen.

A last line without its end, left by a process that died while it wrote, is cut off. What else
cannot be read is copied to FILE.damaged and overwritten with spaces: every other line stays where
it is, and readers pass over it.
"""

from __future__ import annotations

import json
import os
import zlib
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
        file.write(stamped(line.encode()))


def stamped(record: bytes) -> bytes:
    """The line of an object that is written as JSON, with its checksum."""
    return b'%s,"crc":%d}\n' % (record[:-1], zlib.crc32(record[:-1]))


def cut_half_line(path: Path) -> None:
    """Cut a last line that ends in its midst; one that no process wrote so is left."""
    if not path.is_file():
        return
    with path.open("rb+") as file:
        start = end = file.seek(0, os.SEEK_END)
        tail = b""
        while start > 0 and b"\n" not in tail:
            start = max(0, start - (1 << 16))
            file.seek(start)
            tail = file.read(end - start)
        half = tail[tail.rfind(b"\n") + 1 :]
        if half.startswith(b"{") and b"\0" not in half:
            file.truncate(end - len(half))


def set_aside(
    path: Path, bad: list[int], say: Callable[[str], None], *, blank: bool = True
) -> None:
    """Keep lines, given by their starts, in another file, and say where they are, in one line.

    blank: overwrite them with spaces here
    """
    if not bad:
        return
    size = 0
    with path.open("rb+") as file, aside(path).open("ab") as kept:
        for start in sorted(bad):
            file.seek(start)
            line = file.readline()
            size += len(line)
            kept.write(line if line.endswith(b"\n") else line + b"\n")
            kept.flush()
            os.fsync(kept.fileno())
            if blank:
                file.seek(start)
                file.write(b" " * (len(line) - 1) + b"\n")
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
    if not isinstance(record, dict):
        return None
    if "crc" in record and record.pop("crc") != zlib.crc32(line[: line.rfind(b',"crc":')]):
        return None
    return record
