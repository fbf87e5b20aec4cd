"""What an agent does for engines: one method for each request, from its fields to the reply.

The server brings requests here and takes replies away; it alone knows of sockets and the trace.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from architecto import __version__, scorers
from architecto.conversation.messages import (
    BODY_LIMIT,
    SECONDS_LIMIT,
    MessageError,
    build,
    score_lines,
)
from architecto.conversation.sessions import CHOICES_BYTES, Request, Session, Sessions
from architecto.conversation.time_limit import TimeLimit, TooSlow
from architecto.problems.networks import architecture

if TYPE_CHECKING:
    from architecto.learning.agent import Agent, Pick
    from architecto.study.study import TrialResult
    from architecto.study.trials import Trials

T = TypeVar("T")

SCORING_S = 60.0
"""Seconds that a scorer may take for one request."""


class ScorerFailed(RuntimeError):
    """The scorer raised; the message is one line for a person."""


class Service:
    """The sessions of an agent, and what happens in them.

    ``trials`` is None when nothing is evaluated (the REPL's agent); ``trace`` is the file in which
    the replies are recorded, if any. ``scorer_files``: requests may name scorers that are files or
    modules, and so run any code as this user. ``on_event(kind, **facts)`` is told ``step`` after
    each pick, ``scorer`` after each swap, and ``diverged`` of a session whose engine leaves the
    record.
    """

    def __init__(
        self,
        agent: Agent,
        *,
        seed: int,
        trials: Trials | None = None,
        load_scorer: Callable[[str], Any] | None = None,
        trace: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        scorer_files: bool = True,
        choices_bytes: int = CHOICES_BYTES,
        scoring_s: float = SCORING_S,
        on_event: Callable[..., None] = lambda kind, **facts: None,
    ) -> None:
        self.agent, self.seed, self.trials = agent, seed, trials
        self._load_scorer, self._on_event = load_scorer, on_event
        self._scorer_files = scorer_files
        self._limit = TimeLimit(scoring_s)
        self.deadline_s = min(2 * scoring_s, SECONDS_LIMIT)
        """Seconds that a request may take before the engine gives the agent up."""
        self.sessions = Sessions(
            trace=trace,
            clock=clock,
            choices_bytes=choices_bytes,
            keep_rivals=agent.buffer.keep_candidates,
            on_diverged=lambda name: on_event("diverged", session=name),
        )
        self.episode = 0
        """The latest episode that was given to an engine or that one spoke of."""
        self.untold: list[TrialResult] = []
        """Trials that the agent has learned from and the engines have not been told of."""
        self.told: set[int] = set()
        """Trials whose reward an agent before this one has put into the trace."""
        self.unsaved = False
        """Something was learned that a restarted agent would have to learn again."""

    def carry_out(self, session: Session, request: Request) -> list[bytes] | None:
        """The frames of the reply, or None if it has to wait for an evaluation.

        Raises MessageError for a request that cannot be carried out, ScorerFailed if the agent
        cannot go on.
        """
        header = request.header
        if session.left and header["type"] not in ("hello", "shutdown", "use_scorer"):
            return self._stop(session, header)
        match header["type"]:
            case "hello":
                return self._hello(session, header)
            case "choose":
                return self._choose(session, request)
            case "answer":
                return self._found(session, request)
            case "episode_end":
                return self._episode_end(header)
            case "scores":
                return self._scores(session, request)
            case "use_scorer":
                return self._use_scorer(header)
        session.left = session.gone = True
        return _reply(header)

    def score_together(self, requests: list[Request]) -> None:
        """Score the new choices of several requests in one batch, for the agent to remember.

        A batch costs less than its parts. The first step of an episode is left out, since the agent
        may learn before it scores.
        """
        texts: list[str] = []
        for request in requests:
            header = request.header
            if header["type"] == "scores" or (header["type"] == "choose" and header["step"] > 0):
                try:
                    texts += [text for _, _, text in request.choices]
                except MessageError:
                    continue  # it is refused when its turn comes
        if texts and self.agent.scorer.by_text:
            self._scored(lambda: self.agent.scores(texts))

    # ---------------------------------------------------------------------------- the requests

    def _hello(self, session: Session, header: dict[str, Any]) -> list[bytes]:
        return _reply(
            header,
            agent=f"architecto {__version__}",
            scorer=self.agent.scorer.name,
            seed=self.seed,
            episode=self._next_episode(),
            deadline_s=self.deadline_s,
        )

    def _choose(self, session: Session, request: Request) -> list[bytes] | None:
        header = request.header
        self.take_up(session, request, tell=self.trials is not None)
        self.sessions.bound_choices(session)
        candidates = session.candidates(header["candidates"])
        if self.trials and header["step"] == 0:
            while self.learn_and_dispatch():  # again where a result is known already
                if self.trials.busy():
                    break
            if self.trials.busy():
                return None
        if self.trials and self.trials.done:
            return self._stop(session, header)
        decision = self.decide(session, header, candidates)
        session.pick(header, candidates, decision.index)
        self._on_event("step")
        return _reply(
            header, index=decision.index, scorer=decision.scorer, explored=decision.explored
        )

    def _found(self, session: Session, request: Request) -> list[bytes]:
        found = architecture_of(request.body)
        known = self.trials.study.known(found) if self.trials else None
        if known is not None:
            session.last = None
            fields: dict[str, Any] = {"status": "known"}
            if known.reward is not None:
                fields["reward"] = known.reward
            return _reply(request.header, **fields)
        if self.trials is None:
            return _reply(request.header, status="held")
        if self.trials.done:
            return self._stop(session, request.header)
        return _reply(request.header, status=self.hand_over(session, request.header, found))

    def _episode_end(self, header: dict[str, Any]) -> list[bytes]:
        if header["outcome"] == "exhausted" and self.trials:
            self.trials.exhausted = True
        return _reply(header, episode=self._next_episode())

    def _scores(self, session: Session, request: Request) -> list[bytes]:
        session.learn(request.choices)
        self.sessions.bound_choices(session)
        candidates = session.candidates(request.header["candidates"])
        texts = [session.texts[index] for index in candidates]
        scores = self._scored(lambda: self.agent.scores(texts))
        body = score_lines(zip(candidates, scores, strict=True))
        if len(body) > BODY_LIMIT:
            raise MessageError("too_large", f"{len(candidates)} scores are too many: ask for fewer")
        return _reply(request.header, body, scorer=self.agent.scorer.name)

    def _use_scorer(self, header: dict[str, Any]) -> list[bytes]:
        if self._load_scorer is None:
            raise MessageError("refused", "this agent keeps its scorer")
        spec = header["scorer"]
        if not self._scorer_files and spec not in scorers.names():
            known = ", ".join(scorers.names())
            text = f"got scorer {spec!r}, expected one of {known}: over tcp, others only from an "
            raise MessageError("refused", text + "agent started with --allow-scorer-files")
        try:
            self.use_scorer(spec)
        except ValueError as error:
            raise MessageError("refused", str(error)) from None
        return _reply(header, scorer=self.agent.scorer.name)

    def _stop(self, session: Session, header: dict[str, Any]) -> list[bytes]:
        session.left = True
        assert self.trials is not None
        reason = "the space is exhausted" if self.trials.exhausted else "all trials are done"
        fields = {"id": header["id"], "session": session.name, "reason": reason}
        return [build("shutdown", **fields), b""]

    # ------------------------------------------------ what a request changes, also on recovery

    def take_up(self, session: Session, request: Request, *, tell: bool = True) -> None:
        """Choices that were born or closed; the agent is told of a pick that led nowhere."""
        header = request.header
        self.episode = max(self.episode, header["episode"])
        session.learn(request.choices)
        closed = header["closed"]
        if session.last is not None and session.last[2] in closed:
            episode, step, index = session.last
            if tell:
                path = session.path(index)
                self.agent.dead_end(
                    session=session.name, episode=episode, step=step, index=index, path=path
                )
            session.last = None
        session.forget(closed)

    def decide(self, session: Session, header: dict[str, Any], candidates: list[int]) -> Pick:
        """Have the agent pick; raises ScorerFailed."""
        return self._scored(
            lambda: self.agent.select_action(
                session=session.name,
                episode=header["episode"],
                step=header["step"],
                candidates=candidates,
                texts=session.texts.__getitem__,
            )
        )

    def learn_and_dispatch(self) -> bool:
        """What comes before an episode: learn from finished trials, begin others; did one begin?"""
        assert self.trials is not None
        self.take_results()
        return bool(self.trials.dispatch())

    def hand_over(self, session: Session, header: dict[str, Any], found: str) -> str:
        """An answer that nobody knew: the agent holds it, and may have it evaluated at once."""
        assert self.trials is not None
        self.agent.answer(
            session=session.name,
            episode=header["episode"],
            step=header["step"],
            index=header["index"],
            architecture=found,
            path=session.path(header["index"]),
        )
        session.last = None
        return self.trials.answered(found, facts_of(header, self.agent.scorer.name))

    def take_results(self) -> None:
        """Let the agent learn from finished trials."""
        assert self.trials is not None
        results = self.trials.hand_over()
        if results:
            self.untold += results
            self.unsaved = True

    def use_scorer(self, spec: str) -> None:
        """Score with another scorer from now on; raises ValueError if it cannot be loaded."""
        assert self._load_scorer is not None
        with self._limit:
            scorer = self._load_scorer(spec)
        self.agent.use_scorer(scorer)
        self.agent.update()
        self.unsaved = True
        self._on_event("scorer", name=self.agent.scorer.name)

    # --------------------------------------------------------------------------------- helpers

    def _next_episode(self) -> int:
        """A number that no other episode of any engine has."""
        self.episode += 1
        return self.episode

    def _scored(self, work: Callable[[], T]) -> T:
        """What a call of the agent gives that scores choices, within the time limit.

        The agent itself replaces a scorer that fails or is too slow. Raises ScorerFailed if the
        call fails nevertheless.
        """
        try:
            try:
                with self._limit:
                    return work()
            except TooSlow:  # it came when the scorer was just done
                with self._limit:
                    return work()
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            reason = " ".join(str(error).split()) or "no reason given"
            text = f"scorer {self.agent.scorer.name} failed: {type(error).__name__}: {reason}"
            raise ScorerFailed(text) from None


def facts_of(header: dict[str, Any], scorer: str) -> dict[str, Any]:
    """What is known of an answer beside its architecture, and the scorer that led to it."""
    told = ("session", "episode", "step", "parameters", "table_key")
    return {name: header[name] for name in told if name in header} | {"scorer": scorer}


def _reply(header: dict[str, Any], body: bytes = b"", **fields: Any) -> list[bytes]:
    """The frames of the reply to a request."""
    type = header["type"] + "_reply"
    return [build(type, id=header["id"], session=header["session"], **fields), body]


def architecture_of(body: bytes) -> str:
    """The canonical text of the architecture in a body; raises MessageError if it is none."""
    try:
        return str(architecture.parse(body.decode()))
    except UnicodeDecodeError:
        raise MessageError("bad_body", "the body is not UTF-8") from None
    except architecture.ArchitectureError as error:
        raise MessageError("bad_body", str(error)) from None
