"""A run as a process that can be watched, hurt, and looked at afterwards."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from architecto.study.study import Study

SETTINGS = ("--trials", "3", "--epochs", "1", "--scorer", "random")


class RunningSearch:
    """``python -m architecto run`` or ``resume``, started in a directory of its own."""

    def __init__(self, python: str, cwd: Path, *words: str) -> None:
        self.run_dir = cwd / "runs" / "test"
        self.output = cwd / f"output-{words[0]}.txt"
        # Its sockets' directories stay when it is killed: they go with this one.
        self._temporary = tempfile.mkdtemp(prefix="architecto-test-")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [python, "-m", "architecto", *words],
                cwd=cwd,
                env={**os.environ, "TMPDIR": self._temporary},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> int:
        """The exit status, once it has ended."""
        return self.process.wait(timeout=600)

    def text(self) -> str:
        return self.output.read_text()

    def wait_until(self, what: Callable[[], object]) -> None:
        """Wait until something is so; the run may end meanwhile, but only then."""
        while not what():
            if self.process.poll() is not None:
                assert what(), f"the run ended too early:\n{self.text()}"
            time.sleep(0.02)

    def trials(self) -> int:
        """Trials that were shown as finished."""
        return len(re.findall(r"^.*trial \d.*(?:validation|failed)", self.text(), re.MULTILINE))

    def child(self, word: str) -> int:
        """The process below the supervisor whose command line contains a word."""
        found: list[int] = []

        def look() -> bool:
            found[:] = [p for p in descendants(self.process.pid) if word in command_line(p)]
            return bool(found)

        self.wait_until(look)
        return found[0]

    def architectures(self) -> list[str]:
        return [trial.answer for trial in Study.open(self.run_dir, read_only=True).trials]

    def end(self) -> None:
        """Leave nothing behind, whatever the test did."""
        below = descendants(self.process.pid)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for process in below:
            if alive(process):
                os.kill(process, signal.SIGKILL)
        shutil.rmtree(self._temporary, ignore_errors=True)


def descendants(process: int) -> list[int]:
    """The processes below a process, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(entry.parent.name))
    below: list[int] = []
    for child in children.get(process, []):
        below += [child, *descendants(child)]
    return below


def command_line(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def alive(process: int) -> bool:
    """Does it run? A zombie, which nobody has waited for, does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until_gone(processes: list[int]) -> None:
    """Wait until none of the processes runs; pytest's time limit is the only one."""
    while any(alive(process) for process in processes):
        time.sleep(0.05)
