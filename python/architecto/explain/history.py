"""The scorer as it was when a decision was made: what the agent had learned by then, learned again.

The trace tells what the agent heard and when, and a fit depends on nothing else but the seed. On a
CPU the weights are those that made the pick; on a GPU, or where a run was resumed, nearly so.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from architecto import json_lines, scorers
from architecto.conversation import trace
from architecto.conversation.messages import MessageError
from architecto.conversation.recovery import repeat
from architecto.conversation.service import Service
from architecto.learning.agent import Agent
from architecto.learning.replay import REPLAY
from architecto.runs import warm_start
from architecto.runs.configuration import Configuration
from architecto.scorers.base import BaseScorer

from .decisions import Decision


def scorer_at(run_dir: Path, settings: Configuration, decision: Decision) -> tuple[BaseScorer, int]:
    """The scorer that made a decision, and the number of trials that it had learned from.

    Raises ScorerError where a scorer of the run cannot be loaded.
    """
    load = functools.partial(scorers.load, seed=settings.seed, settings=settings.guide)
    agent = Agent(
        load(settings.scorer),
        task=settings.sentence,
        seed=settings.seed,
        settings=settings.guide,
    )
    _warm_start(agent, run_dir, settings)
    told: Any = _ToldTrials(agent)
    service = Service(
        agent,
        seed=settings.seed,
        canonical=settings.searched.canonical,
        trials=told,
        load_scorer=load,
    )
    for message in trace.messages(run_dir / "trace.jsonl"):
        header = message.header
        if message.reply is None:
            told.rewards.append((message.body.decode(), header["reward"]))
            continue
        if header["type"] == "use_scorer":
            told.hand_over()
        try:
            repeat(service, message, picks=False)
        except MessageError as error:
            raise ValueError(
                f"the trace of {run_dir} is damaged before this pick ({error}): --latest explains "
                "it with the scorer of the latest checkpoint"
            ) from None
        at = (header["session"], header.get("episode"), header.get("step"))
        if message.reply.header["type"] == "choose_reply" and at == decision.at:
            break
    return agent.scorer, len(agent.buffer.rewards)


class _ToldTrials:
    """In place of the trials of a run: what the trace tells of them. Nothing is evaluated."""

    exhausted = False

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self.rewards: list[tuple[str, float]] = []  # told, and learned from when an episode begins

    def hand_over(self) -> list:
        for found, reward in self.rewards:
            self._agent.observe(found, reward)
            self._agent.update()
        self.rewards.clear()
        return []

    def dispatch(self) -> list:
        return []

    def answered(self, found: str, facts: dict[str, Any]) -> str:
        return "held"


def _warm_start(agent: Agent, run_dir: Path, settings: Configuration) -> None:
    """Have the agent learn from the trials of the earlier run, as when the run began."""
    if settings.warm_start is None:
        return
    for _, _, record in json_lines.read(run_dir / REPLAY):
        if "earlier" in record or "text" in record or record.get("episode") == -1:
            agent.buffer.replay(record)
    warm_start.learn(agent)
