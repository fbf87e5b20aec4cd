"""The sentence under which choices are scored: each engine's own, in a run the run's."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from agents_for_tests import agent, small

from architecto.conversation.service import Service
from architecto.conversation.sessions import Request
from architecto.learning.agent import Agent
from architecto.scorers.base import BaseScorer


class Echo(BaseScorer):
    """A choice is worth more the more of the task's words it has; counts the texts it is given."""

    name = "echo"

    def __init__(self) -> None:
        self.asked = 0

    def score(self, task, choices):
        self.asked += len(choices)
        return torch.tensor([float(sum(word in c for word in task.split())) for c in choices])


def test_each_engine_is_served_under_its_own_sentence():
    a = agent(Echo())
    at = {"session": "s", "episode": 0, "step": 0, "candidates": [0, 1]}
    texts = ["round", "square"].__getitem__
    assert a.select_action(task="find square things", texts=texts, **at).index == 1
    assert a.select_action(task="find round things", texts=texts, **at).index == 0
    assert a.scores("find square things", ["square"]) == [1.0]
    assert a.scores("find round things", ["square"]) == [0.0]
    assert a.scorer.asked == 4  # type: ignore[attr-defined]


def test_an_agent_without_a_task_keeps_the_one_that_it_was_given(tmp_path):
    one, other = (Agent(small(), task=None, seed=0) for _ in range(2))
    one.task = "find square things"
    other.load_state_dict(one.state_dict())
    assert other.task == "find square things"


CHOICES = b"0 - round\n1 - square"


def asked(service: Service, session: str, type: str, body: bytes = b"", **fields) -> bytes:
    """The body of the reply to a request."""
    header = {"v": 1, "type": type, "id": 1, "session": session, **fields}
    request = Request(b"e", header, body)
    frames = service.carry_out(service.sessions.of(request), request)
    assert frames is not None
    return frames[1]


def best(service: Service, session: str) -> str:
    """The better one of two choices, as the agent scores them for a session."""
    lines = asked(service, session, "scores", CHOICES, candidates=[0, 1]).decode().splitlines()
    index, _ = max((line.split() for line in lines), key=lambda line: float(line[1]))
    return ["round", "square"][int(index)]


def test_the_agent_of_the_repl_scores_under_the_walks_own_sentence() -> None:
    service = Service(Agent(Echo(), task=None, seed=0), seed=0)
    asked(service, "a", "hello", task="find round things")
    asked(service, "b", "hello", task="find square things")
    assert (best(service, "a"), best(service, "b")) == ("round", "square")
    assert service.agent.task == "find round things"  # the first one's
    asked(service, "c", "hello")  # an engine that tells none
    assert best(service, "c") == "round"


@pytest.mark.parametrize("known", [True, False])
def test_choices_that_came_together_are_scored_each_under_its_own_sentence(known: bool) -> None:
    service = Service(Agent(Echo(), task=None, seed=0), seed=0)
    requests = []
    for name, task in (("a", "find round things"), ("b", "find square things")):
        if known:
            asked(service, name, "hello", task=task)
        header = {"type": "scores", "session": name, "candidates": [0, 1]}
        requests.append(Request(b"e", header, CHOICES))
    service.score_together(requests)
    assert service.agent.scorer.asked == (4 if known else 0)
    if known:
        assert (best(service, "a"), best(service, "b")) == ("round", "square")
        assert service.agent.scorer.asked == 4


def test_in_a_run_everything_is_scored_under_the_runs_sentence() -> None:
    """Its answers are evaluated and learned from under that one."""
    trials = SimpleNamespace(exhausted=False)
    given = Agent(Echo(), task="find square things", seed=0)
    service = Service(given, seed=0, trials=trials)  # type: ignore[arg-type]
    asked(service, "a", "hello", task="find round things")
    assert best(service, "a") == "square"
