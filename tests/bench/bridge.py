"""What the bridge costs: `make bench-bridge`, or `python tests/bench/bridge.py [PART …]`.

Each part prints a table; all figures are of this machine.

round-trip  a `choose` and its reply, in microseconds: raw is a ping-pong of the same bytes between
            two pyzmq processes; ours is Racket's client and our server with an agent that scores
            nothing; the last columns are the same with the real agent and the scorer `uniform`
bytes       what an engine sends a new choice, early and late in a search of the space cnn
waiting     what a green thread and Ctrl-C feel of a request that nobody answers, in milliseconds
engines     steps a second of eight engines on one agent beside one engine, the scorer's calls, and
            the CPU time of the agent a step
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import zmq

from architecto.conversation.messages import build, choice_line, parse_choices
from architecto.conversation.server import Server
from architecto.conversation.service import Service

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NEW = {1: 1000, 10: 1000, 100: 300, 1000: 40}
"""New choices a step: round trips of each round."""
ROUNDS = 3
SECONDS = 10.0
START_S = 8.0
"""Seconds in which eight engines start."""
TASK = "categorize 8x8x1 images of handwritten digits into 10 categories"


# ---- the processes at the other end: they serve until their stdin closes ------------------------


class FreeAgent:
    """Picks the first candidate; scores nothing."""

    scorer = SimpleNamespace(name="free", spec="free", by_text=True)
    buffer = SimpleNamespace(keep_candidates=False)
    task = TASK

    def select_action(self, *, candidates, **_) -> SimpleNamespace:
        return SimpleNamespace(index=candidates[0], explored=False, scorer="free")

    def scores(self, task: str, texts: list[str]) -> list[float]:
        return [0.0] * len(texts)

    def dead_end(self, **_) -> None:
        pass


def real_agent(name: str):
    from architecto import scorers
    from architecto.learning.agent import Agent

    return Agent(scorers.load(name, seed=0), task=TASK, seed=0)


def serve(endpoint: str, name: str, together: bool) -> None:
    """The agent's process. Prints what it did when its stdin closes."""
    agent = FreeAgent() if name == "free" else real_agent(name)
    calls = {"calls": 0, "texts": 0}
    steps: list[float] = []
    if name != "free":
        score = agent.scorer.score

        def counted(task: str, choices: list[str]):
            calls["calls"] += 1
            calls["texts"] += len(choices)
            return score(task, choices)

        agent.scorer.score = counted

    def on_event(kind: str, **_) -> None:
        steps.append(time.monotonic())

    service = Service(agent, seed=0, on_event=on_event)
    if not together:
        service.score_together = lambda requests: None
    server = Server(service)
    with zmq.Context() as context, server.bind(context, endpoint) as socket:
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN)
        poller.register(0, zmq.POLLIN)
        print("ready", flush=True)
        gc.freeze()
        start = time.process_time()
        while 0 not in dict(poller.poll()):
            server.receive()
        cpu_us = 1e6 * (time.process_time() - start) / len(steps)
        recent = sum(moment > time.monotonic() - SECONDS for moment in steps)
        print(json.dumps(calls | {"cpu_us": cpu_us, "rate": recent / SECONDS}))


def echo(endpoint: str, reply: bytes) -> None:
    """The other end of the raw ping-pong."""
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        socket.bind(endpoint)
        print("ready", flush=True)
        while True:
            address, _, _ = socket.recv_multipart()
            socket.send_multipart([address, reply, b""])


@contextmanager
def process(*words: str) -> Iterator[subprocess.Popen]:
    """This program as another process, ready to serve."""
    command = [sys.executable, str(HERE / "bridge.py"), *words]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stdout.readline() == "ready\n"
            yield child
        finally:
            child.kill()


@contextmanager
def engine(endpoint: str) -> Iterator[subprocess.Popen]:
    command = ["racket", str(HERE / "bridge" / "engine.rkt"), endpoint]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            yield child
        finally:
            child.stdin.close()
            child.wait()


# ---- round trips --------------------------------------------------------------------------------


def ask(child: subprocess.Popen, line: str) -> list[float]:
    child.stdin.write(line + "\n")
    child.stdin.flush()
    return [float(word) for word in child.stdout.readline().split()]


def request(new: int) -> list[bytes]:
    """A `choose` as the engine of the bench sends it."""
    indices = list(range(100_000, 100_000 + new))
    fields = {"session": "bench", "episode": 1, "step": 100, "candidates": indices, "closed": []}
    lines = [choice_line(index, None, "x" * 300) for index in indices]
    return [build("choose", id=1000, **fields), "\n".join(lines).encode()]


def raw_trips(socket: zmq.Socket, frames: list[bytes], trips: int) -> list[float]:
    times = []
    for _ in range(trips):
        start = time.perf_counter()
        socket.send_multipart(frames)
        socket.recv_multipart()
        times.append(1e6 * (time.perf_counter() - start))
    return times


def p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


def round_trips() -> None:
    reply = build(
        "choose_reply", id=1000, session="bench", index=100_000, scorer="free", explored=False
    )
    with tempfile.TemporaryDirectory() as folder:
        ends = {name: f"ipc://{folder}/{name}" for name in ("raw", "free", "uniform")}
        with (
            process("--echo", ends["raw"], "--reply", reply.decode()),
            process("--serve", ends["free"], "--scorer", "free"),
            process("--serve", ends["uniform"], "--scorer", "uniform"),
            engine(ends["free"]) as free,
            engine(ends["uniform"]) as uniform,
            zmq.Context() as context,
            context.socket(zmq.DEALER) as socket,
        ):
            socket.connect(ends["raw"])
            raw_trips(socket, request(1), 200)
            printing = ask(free, "print")
            for child in (free, uniform):
                ask(child, "10 200")
            print("\nround trips, in microseconds: median and p99")
            print(f"{'new':>5} {'raw':>16} {'ours':>16} {'ratio':>6} {'uniform':>17} {'ratio':>6}")
            for new, trips in NEW.items():
                times: dict[str, list[float]] = {"raw": [], "free": [], "uniform": []}
                for _ in range(ROUNDS):
                    times["raw"] += raw_trips(socket, request(new), trips)
                    times["free"] += ask(free, f"{new} {trips}")
                    times["uniform"] += ask(uniform, f"{new} {trips}")
                middle = {name: statistics.median(values) for name, values in times.items()}
                cells = {name: f"{middle[name]:8.0f} {p99(times[name]):7.0f}" for name in times}
                print(
                    f"{new:>5} {cells['raw']:>16} {cells['free']:>16} "
                    f"{middle['free'] / middle['raw']:6.2f} {cells['uniform']:>17} "
                    f"{middle['uniform'] / middle['raw']:6.2f}",
                    flush=True,
                )
    print(f"printing a choice of cnn, apart: {statistics.median(printing):.1f} microseconds")


# ---- bytes --------------------------------------------------------------------------------------


def search_command(endpoint: str, session: str) -> list[str]:
    program = str(ROOT / "racket" / "run-search.rkt")
    words = ["--space", "cnn", "--input", "1,8,8", "--classes", "10"]
    return [
        "racket",
        program,
        *words,
        "--end-with-stdin",
        "--connect",
        endpoint,
        "--session",
        session,
    ]


class CountingServer(Server):
    """Notes the bytes and the new choices of every `choose`."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.steps: list[tuple[int, int]] = []
        self.seen: set[int] = set()
        self.repeated = 0

    def handle(self, messages: list[list[bytes]]) -> None:
        for _, header, body in messages:
            if json.loads(header)["type"] == "choose":
                new = [index for index, _, _ in parse_choices(body)]
                self.repeated += sum(index in self.seen for index in new)
                self.seen.update(new)
                self.steps.append((len(header) + len(body), len(new)))
        super().handle(messages)


def bytes_sent() -> None:
    server = CountingServer(Service(real_agent("random"), seed=0))
    with (
        tempfile.TemporaryDirectory() as folder,
        zmq.Context() as context,
        server.bind(context, f"ipc://{folder}/agent") as socket,
        subprocess.Popen(
            search_command(f"ipc://{folder}/agent", "bench"), stdin=subprocess.PIPE
        ) as child,
    ):
        while len(server.steps) < 1100:
            socket.poll()
            server.receive()
        child.kill()

    def a_choice(middle: int, around: int) -> float:
        window = server.steps[max(0, middle - around) : middle + around]
        return sum(size for size, _ in window) / max(1, sum(new for _, new in window))

    early, late = a_choice(10, 10), a_choice(1000, 100)
    print("\nbytes a new choice, all headers included, in a search of cnn picked by chance")
    print(f"at step 10: {early:.0f}   at step 1,000: {late:.0f}   ratio {late / early:.2f}")
    print(f"choices sent: {len(server.seen)}, of them sent twice: {server.repeated}")


# ---- waiting ------------------------------------------------------------------------------------


def waiting() -> None:
    command = ["racket", str(HERE / "bridge" / "waiting.rkt")]
    print("\nwhile a request waits for an agent that does not answer")
    print(subprocess.run(command, capture_output=True, text=True, check=True).stdout, end="")


# ---- several engines ----------------------------------------------------------------------------


def several(engines: int, scorer: str, together: bool) -> dict[str, float]:
    """What an agent did with so many engines; the rate is that after they have all started."""
    with tempfile.TemporaryDirectory() as folder:
        end = f"ipc://{folder}/agent"
        words = ["--serve", end, "--scorer", scorer, *([] if together else ["--apart"])]
        with process(*words) as agent:
            children = [
                subprocess.Popen(search_command(end, f"engine-{k}"), stdin=subprocess.PIPE)
                for k in range(engines)
            ]
            time.sleep(SECONDS + START_S)
            agent.stdin.close()
            did = json.loads(agent.stdout.read())
            for child in children:
                child.kill()
                child.wait()
    return did


def several_engines() -> None:
    print(f"\nengines on one agent, space cnn, over {SECONDS:g} s")
    print("scorer            engines  steps/s  texts a call  agent's CPU us a step")
    for scorer in ("free", "uniform", "transformer"):
        for engines, together in ((1, True), (8, True), (8, False)):
            if scorer == "free" and not together:
                continue
            did = several(engines, scorer, together)
            shown = scorer + ("" if together else ", apart")
            calls = f"{did['texts'] / did['calls']:.1f}" if did["calls"] else "-"
            print(
                f"{shown:<18}{engines:>7} {did['rate']:>8.0f} {calls:>13} {did['cpu_us']:>22.0f}",
                flush=True,
            )


PARTS = {
    "round-trip": round_trips,
    "bytes": bytes_sent,
    "waiting": waiting,
    "engines": several_engines,
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    options.add_argument("--serve", metavar="ENDPOINT", help=argparse.SUPPRESS)
    options.add_argument("--scorer", default="free", help=argparse.SUPPRESS)
    options.add_argument("--apart", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--echo", metavar="ENDPOINT", help=argparse.SUPPRESS)
    options.add_argument("--reply", default="", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve:
        serve(given.serve, given.scorer, together=not given.apart)
    elif given.echo:
        echo(given.echo, given.reply.encode())
    else:
        versions = f"Python {platform.python_version()}, libzmq {zmq.zmq_version()}"
        print(f"{platform.machine()}, {os.cpu_count()} cores, {versions}")
        for part in given.parts or PARTS:
            PARTS[part]()


if __name__ == "__main__":
    main()
