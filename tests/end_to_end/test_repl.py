"""`make repl` at a pseudo-terminal: walk down a search, go back, ask the agent for scores."""

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


class Terminal:
    """A program at a pseudo-terminal of its own."""

    def __init__(self, *command: str, cwd: Path) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "dumb"},
        )
        os.close(slave)
        self.seen = ""

    def send(self, line: str) -> None:
        os.write(self.master, line.encode() + b"\n")

    def wait_for(self, pattern: str, seconds: float = 600) -> str:
        """The text up to and with the first match of `pattern` that was not yet waited for."""
        end = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.seen, re.DOTALL)
            if found:
                text, self.seen = self.seen[: found.end()], self.seen[found.end() :]
                return text
            left = end - time.monotonic()
            assert left > 0, f"no {pattern!r} within {seconds} s; the terminal shows:\n{self.seen}"
            if select.select([self.master], [], [], left)[0]:
                self.seen += os.read(self.master, 65536).decode("utf-8", "replace")

    def ask(self, form: str, pattern: str, seconds: float = 600) -> str:
        """Types a form and waits for what it shall print; the echo of the form does not count."""
        self.send(form)
        self.wait_for(re.escape(form[-20:]))
        return self.wait_for(pattern, seconds)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def repl(project: Path) -> Iterator[Terminal]:
    terminal = Terminal("racket", "-i", "-t", "racket/main.rkt", cwd=project)
    terminal.wait_for("> ")
    yield terminal
    terminal.close()


def test_a_walk_by_hand(repl: Terminal) -> None:
    repl.send("(define s (start 'cnn #:input '(1 8 8)))")
    repl.ask("(choices s)", r"3  \(\(conv2d 1 24 _\.0 _\.1 _\.2\)")
    repl.ask("(choose! s 3)", r"8  \(\(conv2d 1 24 3 ")
    wrong = repl.ask("(choose! s 99)", r"the choices are 7 8 9[^\n]*\n")
    assert "context..." not in wrong
    repl.ask("(undo! s)", r"3  \(\(conv2d 1 24 _\.0 _\.1 _\.2\)")
    repl.ask("(choose! s 3)", r"9  \(\(conv2d 1 24 5 ")
    repl.ask("(choose! s 7)", r"11  \(\(conv2d 1 24 1 2 0\)")
    repl.ask("(run* (q) (conde [(== q 'a)] [(== q 'b)]))", r"'\(a b\)")


def test_nothing_freezes_while_the_agent_starts(repl: Terminal) -> None:
    """Another thread counts on while `connect!` waits for the agent; then scores are there."""
    repl.send("(define s (start 'cnn #:input '(1 8 8)))")
    repl.send("(define ticks 0)")
    repl.send("(void (thread (λ () (let loop () (sleep 0.1) (set! ticks (add1 ticks)) (loop)))))")
    repl.ask('(connect! s #:scorer "transformer")', r"connected")
    ticks = repl.ask("(list 'ticks (> ticks 10))", r"ticks #[tf]")
    assert ticks.endswith("#t")
    scores = repl.ask("(begin (scores s) 'done)", r"'done")
    assert len(re.findall(r"-?\d+\.\d{4} +\d+  \(\(conv2d", scores)) == 6


def test_scores_without_an_agent_is_one_line(repl: Terminal) -> None:
    repl.send("(define s (start 'cnn))")
    repl.ask("(scores s)", r"no agent is connected; start one with \(connect! s\)")
    repl.ask("(start 'nothing)", r"unknown space 'nothing': expected one of cnn")


def test_a_walk_through_a_query_and_a_problem(repl: Terminal) -> None:
    """The agent scores the choices of what is no network too."""
    repl.send("(defrel (joino a b c) (conde [(== a '()) (== b c)] [(fresh (x l r)")
    repl.send("(== a `(,x . ,l)) (== c `(,x . ,r)) (joino l b r))]))")
    repl.send("(define s (start (query (a b) (joino a b '(1 2)))))")
    repl.ask("(choices s)", r"1  \(\(\) \(1 2\)\)\s+2  \(\(1 \. _\.0\) _\.1\)")
    repl.ask("(choose! s 1)", r"answer: \(\(\) \(1 2\)\)")
    repl.send("""(define-problem (two a b) "two lists" (joino a b '(1 2)))""")
    repl.send("(define t (start two))")
    repl.ask('(connect! t #:scorer "random" #:task "halves")', r"connected")
    scores = repl.ask("(begin (scores t) 'done)", r"'done")
    assert len(re.findall(r"-?\d+\.\d{4} +\d+  \(\(", scores)) == 2
    repl.ask("(start two #:classes 3)", r"start: options are for spaces alone")
    repl.ask("(start 'cnn #:max 3)", r"unknown option #:max: expected one of #:input")
