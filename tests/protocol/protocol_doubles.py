"""A server with a predictable agent behind it, and what it sends. No torch, no socket, no disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from architecto import rewards
from architecto.conversation.server import Server
from architecto.conversation.service import Service
from architecto.evaluators.base import Evaluation
from architecto.executors import Finished
from architecto.problems.networks import architecture
from architecto.study.study import TrialResult
from architecto.study.trials import Trials


class ShortestAgent:
    """Picks the candidate with the shortest text, the lowest index among equals."""

    def __init__(self) -> None:
        self.held: dict[str, list[str]] = {}
        self.dead_ends: list[str] = []
        self.rewards: dict[str, float] = {}
        self.scorer = named_scorer("shortest")
        self.batches: list[int] = []
        self.picks = 0
        self.learned: list[str] = []
        self.task = "find the shortest"
        self.buffer = SimpleNamespace(size=0, keep_candidates=False)

    def use_scorer(self, scorer: SimpleNamespace) -> None:
        self.scorer = scorer

    def select_action(self, *, task, session, episode, step, candidates, texts) -> SimpleNamespace:
        if "(breaks the scorer)" in map(texts, candidates):
            raise ZeroDivisionError("division by zero")
        self.picks += 1
        index = min(candidates, key=lambda i: (len(texts(i)), i))
        return SimpleNamespace(index=index, explored=False, scorer=self.scorer.name)

    def scores(self, task: str, texts: list[str]) -> list[float]:
        self.batches.append(len(texts))
        return [-len(text) / 8 for text in texts]

    def answer(self, *, session, episode, step, index, answer, path) -> None:
        self.held.setdefault(answer, [pick.text for pick in path])

    def dead_end(self, *, session, episode, step, index, path) -> None:
        self.dead_ends.append(path[-1].text)

    def propose(self, *, exhausted: bool = False) -> str | None:
        return next((a for a in self.held if a not in self.rewards), None)

    def observe(self, answer: str, reward: float) -> None:
        self.rewards[answer] = reward
        self.learned.append(answer)

    def give_up(self, answer: str) -> None:
        del self.held[answer]

    def update(self) -> dict[str, float]:
        return {}


class MemoryStudy:
    """Trials in memory."""

    def __init__(self) -> None:
        self.trials: list[TrialResult] = []
        self._running: list[tuple[str, dict]] = []

    def start(self, answer: str, *, facts: dict) -> int:
        self._running.append((answer, facts))
        return len(self._running) - 1

    def finish(self, trial: int, evaluation: Evaluation, reward: float | None) -> TrialResult:
        answer, facts = self._running[trial]
        self.trials.append(TrialResult(trial, answer, evaluation, reward, facts))
        return self.trials[-1]

    def known(self, answer: str) -> TrialResult | None:
        return next((t for t in self.trials if t.answer == answer), None)


class HandExecutor:
    """One worker, whose evaluations end when the test says so."""

    def __init__(self) -> None:
        self.running: list[int] = []
        self._finished: list[Finished] = []

    def free(self) -> int:
        return 1 - len(self.running)

    def submit(self, trial: int, answer: str, *, seed: int, weights_path: Path, **more) -> None:
        self.running.append(trial)

    def finish(self, reward: float, **more) -> None:
        metrics = {"worth": (1 + reward) / 2}
        evaluation = Evaluation("complete", metrics=metrics, objective="worth", **more)
        self._finished.append(Finished(self.running.pop(0), evaluation))

    def poll(self) -> list[Finished]:
        finished, self._finished = self._finished, []
        return finished


class SilentServer(Server):
    """A server whose messages are kept in ``sent``: (address, header, body) each."""

    def __init__(self, service: Service, **settings) -> None:
        super().__init__(service, **settings)
        self.agent, self.trials = service.agent, service.trials
        self.sent: list[tuple[bytes, bytes, bytes]] = []

    def _send(self, routing: bytes, frames: list[bytes]) -> None:
        self.sent.append((routing, frames[0], frames[1]))

    def take_sent(self) -> list[tuple[bytes, bytes, bytes]]:
        sent, self.sent = self.sent, []
        return sent


def canonical(text: str) -> str:
    """What a search for networks passes to the service."""
    return str(architecture.parse(text))


def named_scorer(name: str) -> SimpleNamespace:
    """The scorers that the double can be told to use."""
    if name not in ("shortest", "same"):
        raise ValueError(f"unknown scorer {name!r}")
    return SimpleNamespace(name=name, spec=name, by_text=True)


def scores_server(**settings) -> SilentServer:
    """A server that evaluates nothing, like the REPL's."""
    return SilentServer(
        Service(ShortestAgent(), seed=0, canonical=canonical, load_scorer=named_scorer, **settings)
    )


def run_server(
    run_dir: Path, *, count: int = 2, study: MemoryStudy | None = None, **settings
) -> tuple[SilentServer, HandExecutor]:
    """A server of a run of ``count`` trials, and the executor to end its evaluations with."""
    agent, executor = ShortestAgent(), HandExecutor()
    reward = rewards.create("objective")
    trials = Trials(
        agent, study or MemoryStudy(), executor, reward, run_dir=run_dir, count=count, seed=0
    )
    trace = settings.get("trace")
    service = Service(
        agent,
        seed=0,
        canonical=canonical,
        trials=trials,
        load_scorer=named_scorer,
        trace=trace and trace.path,
    )
    return SilentServer(service, **settings), executor


def request_sender(server: SilentServer, routing: bytes = b"e0") -> Callable[..., list]:
    """A function that sends a request, given as for `build`, and returns what comes back."""
    from architecto.conversation.messages import build, parse

    def send(type: str, body: bytes = b"", **fields) -> list:
        fields = {"session": "engine-0"} | ({"closed": []} if type == "choose" else {}) | fields
        server.handle([[routing, build(type, **fields), body]])
        return [parse([header, body]) for _, header, body in server.take_sent()]

    return send


TASK = "categorize 8x8x1 images of handwritten digits into 10 categories"
FACTS = {"space": "cnn", "input": [1, 8, 8], "classes": 10}
HELLO = {"engine": "test", "problem": "cnn", "task": TASK, "facts": FACTS}
NETWORK = "(architecture (input 1 8 8) ((flatten) (linear 64 10)))"
DEEPER = "(architecture (input 1 8 8) ((flatten) (linear 64 8) (relu) (linear 8 10)))"


def replies(received: list) -> list[dict]:
    return [header for header, _ in received]


def at(episode: int, step: int) -> dict:
    return {"episode": episode, "step": step}


def find(send, *, id: int, architecture: str) -> list:
    """Say hello, pick once, and report an architecture: three requests. Gives the replies."""
    return [
        *send("hello", id=id, **HELLO),
        *send("choose", b"1 - (a)\n2 - (bb)", id=id + 1, **at(1, 0), candidates=[1, 2]),
        *send("answer", architecture.encode(), id=id + 2, **at(1, 1), index=1),
    ]
