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
from architecto.conversation.service import Service
from architecto.conversation.sessions import Request
from architecto.learning.agent import Agent
from architecto.learning.replay import REPLAY
from architecto.problems.networks import architecture
from architecto.runs import warm_start
from architecto.runs.configuration import Configuration
from architecto.scorers.base import BaseScorer

from .decisions import Decision


def scorer_at(run_dir: Path, settings: Configuration, decision: Decision) -> tuple[BaseScorer, int]:
    """The scorer that made a decision, and the number of trials that it had learned from.

    Raises ScorerError where a scorer of the run cannot be loaded.
    """
    load = functools.partial(scorers.load, seed=settings.seed)
    agent = Agent(load(settings.scorer), task=settings.task, seed=settings.seed)
    _warm_start(agent, run_dir, settings)
    service = Service(agent, seed=settings.seed, load_scorer=load)
    rewards: list[tuple[str, float]] = []  # told, and learned from when an episode begins
    for message in trace.messages(run_dir / "trace.jsonl"):
        header = message.header
        if message.reply is None:
            rewards.append((message.body.decode(), header["reward"]))
            continue
        request = Request(b"", header, message.body)
        at = (header["session"], header.get("episode"), header.get("step"))
        there = at == (decision.session, decision.episode, decision.step)
        try:
            if _hear(service, request, message.reply.header, rewards) and there:
                break
        except MessageError as error:
            raise ValueError(
                f"the trace of {run_dir} is damaged before this pick ({error}): --latest explains "
                "it with the scorer of the latest checkpoint"
            ) from None
    return agent.scorer, len(agent.buffer.rewards)


def _hear(
    service: Service,
    request: Request,
    reply: dict[str, Any],
    rewards: list[tuple[str, float]],
) -> bool:
    """Tell the agent what it heard in a request; is it one that it answered with a pick?"""
    session, header = service.sessions.of(request), request.header
    match reply["type"]:
        case "choose_reply":
            service.take_up(session, request)
            _learn(service, rewards)
            session.pick(header, session.candidates(header["candidates"]), reply["index"])
            return True
        case "answer_reply":
            if reply["status"] != "known":
                service.agent.answer(
                    session=session.name,
                    episode=header["episode"],
                    step=header["step"],
                    index=header["index"],
                    architecture=str(architecture.parse(request.body.decode())),
                    path=session.path(header["index"]),
                )
            session.last = None
        case "scores_reply":
            session.learn(request.choices)
        case "use_scorer_reply":
            _learn(service, rewards)
            service.use_scorer(header["scorer"])
    return False


def _learn(service: Service, rewards: list[tuple[str, float]]) -> None:
    for found, reward in rewards:
        service.agent.observe(found, reward)
        service.agent.update()
    rewards.clear()


def _warm_start(agent: Agent, run_dir: Path, settings: Configuration) -> None:
    """Have the agent learn from the trials of the earlier run, as when the run began."""
    if settings.warm_start is None:
        return
    for _, _, record in json_lines.read(run_dir / REPLAY):
        if "earlier" in record or "text" in record or record.get("episode") == -1:
            agent.buffer.replay(record)
    warm_start.learn(agent)
