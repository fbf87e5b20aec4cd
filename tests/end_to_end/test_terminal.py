"""What a run shows in a terminal: a pseudo-terminal, and real processes."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE_S = 600


class Terminal:
    """A program at a terminal of so many columns; ``seen`` is all that it wrote."""

    def __init__(self, command: list[str], columns: int, cwd: Path) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

        def take_terminal() -> None:  # so that Ctrl-C is a signal
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        environment = {**os.environ, "TERM": "xterm"}
        for name in ("COLUMNS", "LINES", "NO_COLOR"):
            environment.pop(name, None)
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, cwd=cwd, env=environment,
            preexec_fn=take_terminal,
        )  # fmt: skip
        os.close(slave)
        self.columns, self.seen = columns, ""

    def wait_for(self, pattern: str) -> None:
        """Read until the pattern was written, or the program has ended."""
        end = time.monotonic() + PATIENCE_S
        while not re.search(pattern, self.seen):
            assert time.monotonic() < end, f"no {pattern!r}; the terminal shows:\n{self.seen}"
            if select.select([self.master], [], [], 1)[0]:
                try:
                    data = os.read(self.master, 65536)
                except OSError:  # the last process has closed it
                    assert pattern == "END", f"no {pattern!r}; the terminal shows:\n{self.seen}"
                    return
                self.seen += data.decode("utf-8", "replace")

    def end(self) -> int:
        self.wait_for("END")
        return self.process.wait(600)

    @property
    def lines(self) -> list[str]:
        """The lines that were written, also those that were drawn over, without colours."""
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.seen)
        return [line.rstrip() for line in re.split(r"[\r\n]+", plain)]


@pytest.fixture
def terminal(python: str, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """``terminal(60, "run", …)``: the command line at a terminal of 60 columns."""
    started: list[Terminal] = []

    def start(columns: int, *words: str | Path) -> Terminal:
        command = [python, "-m", "architecto", *map(str, words)]
        started.append(Terminal(command, columns, tmp_path))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.send_signal(signal.SIGTERM)
            one.process.wait(600)
        os.close(one.master)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Half of the cells of NAS-Bench-201: the others are failed trials."""
    lines = ["arch,accuracy"]
    operations = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
    for number in range(0, 5**6, 2):
        a, b, c, d, e, f = (operations[number // 5**i % 5] for i in range(6))
        lines.append(f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|,{number / 200}")
    (tmp_path / "half.csv").write_text("\n".join(lines))
    return tmp_path / "half.csv"


@pytest.mark.parametrize("columns", [40, 60, 120])
def test_each_trial_leaves_a_line_also_one_that_failed(
    terminal, run_architecto, tmp_path: Path, table: Path, columns: int
) -> None:
    shown = terminal(
        columns, "run", "--run", "r", "--space", "nas-bench-201", "--scorer", "random",
        "--table", table, "--search-metric", "accuracy", "--trials", "12",
    )  # fmt: skip
    assert shown.end() == 0
    left = [line for line in shown.lines if re.match(r"\[\d+/12\] trial \d+  ", line)]
    assert [int(line.split()[2]) for line in left] == list(range(12))
    assert max(map(len, left)) <= columns and any("failed: " in line for line in left)
    assert any(re.search(r"━ 12/12 .*left ", line) for line in shown.lines)
    start = next(
        i for i, line in enumerate(shown.lines) if re.search(r"^ *(trial|validation) ", line)
    )
    rows = shown.lines[start:]
    assert max(map(len, rows[: rows.index("the run is written to runs/r")])) <= columns
    assert "cell " in " ".join(rows) and re.search(r"\d\d\.\d\d %", " ".join(rows))


def test_a_slow_trial_shows_its_epochs_and_ctrl_c_says_how_to_go_on(
    terminal, run_program, tmp_path: Path
) -> None:
    shown = terminal(
        60, "run", "--run", "./r; touch x", "--space", "mlp", "--scorer", "random",
        "--epochs", "100000", "--trials", "3",
    )  # fmt: skip
    shown.wait_for(r"trial 0 epoch \d+/100000")
    shown.wait_for(r"left \S*\d:\d\d")  # an estimate, before any trial is complete
    os.write(shown.master, b"\x03")
    assert shown.end() == 130
    last = [line for line in shown.lines if line][-1]
    assert last.startswith("stopped; to go on: ")
    words = shlex.split(last.partition("go on: ")[2])
    assert words[1:] == ["-m", "architecto", "resume", "./r; touch x"]
    assert sum(line.startswith("stopped") for line in shown.lines) == 1
