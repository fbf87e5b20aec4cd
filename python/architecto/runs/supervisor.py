"""The supervisor of a run: starts the agent and the engines, and starts again whichever dies.

It keeps no state and imports no torch. The children are in sessions of their own, so that Ctrl-C
reaches the supervisor alone, and they end when their stdin closes, so that nothing stays alive
when the supervisor is killed.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from architecto.conversation import endpoint
from architecto.printing import printable
from architecto.runs import configuration
from architecto.runs.configuration import Configuration

RESTARTS = 3
"""Restarts within a minute; one more ends the run with status 1."""
PATIENCE_S = 8.0
"""Seconds that a child has to end by itself once its stdin is closed."""
KILL_S = 2.0
"""Seconds from SIGTERM to SIGKILL for a child that did not."""
START_S = 600
"""Seconds that an engine waits for an agent that starts, and may have much to learn again."""
USER_ERROR = 2
"""Exit status of a child that met a mistake of the user: starting it again would not help."""


class Child:
    """A process that the supervisor keeps alive, its stderr in a log in the run's directory."""

    def __init__(self, name: str, command: list[str], log: Path) -> None:
        self.name, self.command, self.log = name, command, log
        self._file = log.open("a+b")  # kept: the run's directory may be gone when it is read
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=None if self.name == "agent" else self._file,
            stderr=self._file,
            start_new_session=True,
        )

    def status(self) -> int | None:
        """The exit status, or None while it runs."""
        return self.process.poll()

    def ask_to_end(self) -> None:
        """Close its stdin."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def end(self) -> None:
        """Have it end, by force if it must be."""
        self._file.close()
        self.ask_to_end()
        for wait, action in ((PATIENCE_S, self.process.terminate), (KILL_S, self.process.kill)):
            try:
                self.process.wait(wait)
                return
            except subprocess.TimeoutExpired:
                action()
        self.process.wait()

    def last_words(self) -> str:
        """The last line of its log."""
        self._file.seek(max(0, self._file.seek(0, os.SEEK_END) - 65536))
        lines = self._file.read().decode(errors="replace").strip().splitlines()
        if not lines:
            return f"no reason in {self.log}"
        return printable(lines[-1].removeprefix("run-search: ").removeprefix("architecto serve: "))

    def death(self) -> str:
        """How it died, in words."""
        status = self.process.returncode
        if status < 0:
            return f"was killed by {signal.Signals(-status).name}"
        return f"ended with status {status}"


class Signals:
    """Wakes the supervisor when a child ends or a signal asks it to."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._receive)

    def _receive(self, number: int, _frame: object) -> None:
        self.received = self.received or number

    def wait(self, seconds: float) -> None:
        select.select([self._reader], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self._reader, 4096)


def supervise(run_dir: Path, settings: Configuration) -> int:
    """Run the processes of a run until it is done; gives the exit status.

    0: done. 1: the processes kept dying. 2: a child met a mistake of the user. 128 + N: ended by
    signal N, 130 for Ctrl-C; the table so far has been shown.
    """
    signals = Signals()
    at = endpoint.fresh()
    print(f"run {run_dir}: starting (PyTorch takes some seconds to load)", flush=True)
    children: list[Child] = []
    try:
        serve = [sys.executable, "-m", "architecto", "serve", "--end-with-stdin"]
        serve += ["--run", str(run_dir), "--endpoint", at]
        agent = Child("agent", serve, run_dir / "agent.log")
        children.append(agent)
        for number in range(settings.engines):
            children.append(engine(number, settings, at, run_dir))
        status = _watch(agent, children, signals, run_dir)
    finally:
        for child in children[1:]:
            child.ask_to_end()
        for child in [*children[1:], *children[:1]]:
            child.end()
        endpoint.remove(at, directory=True)
    if signals.received is not None:
        resume = configuration.command_line("resume", configuration.run_name(run_dir))
        print(f"stopped; to go on: {resume}", flush=True)
    return status


def engine(number: int, settings: Configuration, at: str, run_dir: Path) -> Child:
    """Start an engine of a run that connects to an agent."""
    session = f"engine-{number}"
    command = [
        *configuration.engine_command(settings),
        "--end-with-stdin",
        "--connect",
        at,
        "--deadline",
        str(START_S),
        "--session",
        session,
    ]
    return Child(session, command, run_dir / f"{session}.log")


def _watch(agent: Child, children: list[Child], signals: Signals, run_dir: Path) -> int:
    """Restart what dies until the agent is done, a signal comes, or too much has died."""
    deaths: list[float] = []
    while signals.received is None:
        for child in children:
            status = child.status()
            if status is None or (status == 0 and child is not agent):
                continue
            if status == 0:
                return 0
            _show_cursor()
            if status == USER_ERROR:
                print(f"architecto: {child.last_words()}", file=sys.stderr)
                return USER_ERROR
            now = time.monotonic()
            deaths = [*(t for t in deaths if t > now - 60), now]
            if len(deaths) > RESTARTS:
                return _give_up(child, run_dir)
            print(f"the {child.name} {child.death()}; it starts again", file=sys.stderr)
            child.start()
        signals.wait(1.0)
    return 128 + signals.received


def _give_up(child: Child, run_dir: Path) -> int:
    resume = configuration.command_line("resume", configuration.run_name(run_dir))
    print(
        f"the {child.name} {child.death()}, the fourth time in a minute that something died: "
        f"see {child.log}; to go on: {resume}",
        file=sys.stderr,
    )
    return 1


def _show_cursor() -> None:
    """A progress bar that died left the terminal's cursor hidden."""
    if sys.stdout.isatty():
        print("\x1b[?25h", flush=True)
