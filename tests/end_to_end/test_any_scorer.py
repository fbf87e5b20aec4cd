"""Whoever scores, the real engine finds every network of a space, each once.

`tests/racket/any-scorer.rkt` says so of all spaces and of worse scorers, in the engine's own
process; here the choices go through the bridge to the agent, and its picks come back.
"""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path

import pytest
import zmq

from architecto import scorers
from architecto.conversation.server import Server
from architecto.conversation.service import Service
from architecto.learning.agent import Agent

BUDGET = "73306"
"""The parameters of the skeleton and the last layer: none are left for a convolution."""
OPERATIONS = ("none", "skip_connect", "avg_pool_3x3")


class Listening(Service):
    """A service that keeps what was answered."""

    def carry_out(self, session, request):
        if request.header["type"] == "answer":
            self.answers.append(self.answer_in(request.body))
        return super().carry_out(session, request)


@pytest.mark.parametrize(
    ("name", "strategy"), [("transformer", "descend"), ("random", "best-first")]
)
def test_a_space_is_searched_to_its_end(
    name: str, strategy: str, project: Path, tmp_path: Path
) -> None:
    service = Listening(Agent(scorers.load(name, seed=0), task="any", seed=0), seed=0)
    service.answers = []
    server, context = Server(service), zmq.Context()
    socket = server.bind(context, f"ipc://{tmp_path}/agent", None)
    program = project / "racket" / "run-search.rkt"
    options = ["--space", "nas-bench-201", "--max-params", BUDGET, "--strategy", strategy]
    options += ["--connect", f"ipc://{tmp_path}/agent"]
    with subprocess.Popen(["racket", program, *options]) as engine:
        while engine.poll() is None:
            if socket.poll(100):
                server.receive()
    server.close()
    context.term()
    assert engine.returncode == 0
    assert len(service.answers) == len(set(service.answers))
    assert set(service.answers) == {
        f"(architecture (input 3 32 32) ((cell {' '.join(cell)}) (linear 64 10)))"
        for cell in itertools.product(OPERATIONS, repeat=6)
    }
