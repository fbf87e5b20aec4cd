"""What an agent does for engines: one method for each request, from its fields to the reply.

The server brings requests here and takes replies away; it alone knows of sockets and the trace.

What a request and its reply change is written once. A request is heard (choices that were born,
dead ends, an exhausted space), acted on (the agent learns, picks, holds an answer; trials begin),
and its reply is noted (which choice was picked). `carry_out` does so for an engine at work,
`recovery.repeat` for a request in the trace, where the recorded reply counts.
"""

from __future__ import annotations

import contextlib
import functools
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

if TYPE_CHECKING:
    from architecto.learning.agent import Agent, Pick
    from architecto.study.study import TrialResult
    from architecto.study.trials import Trials

T = TypeVar("T")
Reply = tuple[dict[str, Any], bytes]
"""Header and body of a reply."""

SCORING_S = 60.0
"""Seconds that a scorer may take for one request."""


class ScorerFailed(RuntimeError):
    """The scorer raised; the message is one line for a person."""


class Service:
    """The sessions of an agent, and what happens in them.

    ``canonical`` gives the one text that stands for an answer, from the text that an engine sends;
    it raises ValueError with one line for a text that is no answer, and by default any text is one.
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
        canonical: Callable[[str], str] = str,
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
        self._canonical = canonical
        self._load_scorer, self._on_event = load_scorer, on_event
        self._scorer_files = scorer_files
        self._limit = TimeLimit(scoring_s)
        self.deadline_s = min(2 * scoring_s, SECONDS_LIMIT)
        """Seconds that a request may take before the engine gives the agent up."""
        self.sessions = Sessions(
            trace=trace,
            clock=clock,
            choices_bytes=choices_bytes,
            on_diverged=lambda name: on_event("diverged", session=name),
        )
        self.sessions.keep_rivals = agent.buffer.keep_candidates
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
            reply: Reply | None = self._stop(header)
        else:
            self.hear(session, request, tell=self.trials is not None)
            reply = self._reply_to(session, request)
        if reply is None:
            return None
        session.note(header, reply[0])
        if reply[0]["type"] == "choose_reply":
            self._on_event("step")
        return [build(**reply[0]), reply[1]]

    def score_together(self, requests: list[Request]) -> None:
        """Score the new choices of several requests in one batch, for the agent to remember.

        A batch costs less than its parts. The first step of an episode is left out, since the agent
        may learn before it scores.
        """
        texts: dict[str, list[str]] = {}  # by task
        for request in requests:
            header = request.header
            session = self.sessions.get(header["session"])
            scored = header["type"] == "scores" or (header["type"] == "choose" and header["step"])
            if session is None or not scored:
                continue
            with contextlib.suppress(MessageError):  # it is refused when its turn comes
                texts.setdefault(session.task, []).extend(text for _, _, text in request.choices)
        for task, some in texts.items():
            if some and self.agent.scorer.by_text:
                self._scored(functools.partial(self.agent.scores, task, some))

    # ------------------------------------------------------------------- a request of an engine

    def _reply_to(self, session: Session, request: Request) -> Reply | None:
        header = request.header
        match header["type"]:
            case "hello":
                return _reply(
                    header,
                    agent=f"architecto {__version__}",
                    scorer=self.agent.scorer.name,
                    seed=self.seed,
                    episode=self._next_episode(),
                    deadline_s=self.deadline_s,
                )
            case "choose":
                return self._choose(session, header)
            case "answer":
                return self._found(session, request)
            case "episode_end":
                return _reply(header, episode=self._next_episode())
            case "scores":
                return self._scores(session, header)
            case "use_scorer":
                return self._use_scorer(header)
        return _reply(header)

    def _choose(self, session: Session, header: dict[str, Any]) -> Reply | None:
        self.sessions.bound_choices(session)
        candidates = session.candidates(header["candidates"])
        if self.trials and header["step"] == 0:
            self.begin_episode()
            if self.trials.busy():
                return None
        if self.trials and self.trials.done:
            return self._stop(header)
        pick = self.decide(session, header, candidates)
        return _reply(header, index=pick.index, scorer=pick.scorer, explored=pick.explored)

    def _found(self, session: Session, request: Request) -> Reply:
        header, found = request.header, self.answer_in(request.body)
        if self.trials is None:
            return _reply(header, status="held")
        known = self.trials.study.known(found)
        if known is not None:
            fields: dict[str, Any] = {"status": "known"}
            if known.reward is not None:
                fields["reward"] = known.reward
            return _reply(header, **fields)
        if self.trials.done:
            return self._stop(header)
        return _reply(header, status=self.hand_over(session, header, found))

    def _scores(self, session: Session, header: dict[str, Any]) -> Reply:
        self.sessions.bound_choices(session)
        candidates = session.candidates(header["candidates"])
        texts = [session.texts[index] for index in candidates]
        scores = self._scored(lambda: self.agent.scores(session.task, texts))
        body = score_lines(zip(candidates, scores, strict=True))
        if len(body) > BODY_LIMIT:
            raise MessageError("too_large", f"{len(candidates)} scores are too many: ask for fewer")
        return _reply(header, body, scorer=self.agent.scorer.name)

    def _use_scorer(self, header: dict[str, Any]) -> Reply:
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

    def _stop(self, header: dict[str, Any]) -> Reply:
        assert self.trials is not None
        reason = "the space is exhausted" if self.trials.exhausted else "all trials are done"
        return {**_address(header), "type": "shutdown", "reason": reason}, b""

    # ------------------------------------------------- what a request changes, then and again

    def hear(self, session: Session, request: Request, *, tell: bool) -> None:
        """What a request tells; the agent is told, if so, of a pick that led nowhere."""
        header = request.header
        dead = session.hear(request)
        match header["type"]:
            case "hello":
                self.agent.task = self.agent.task or header.get("task")
                # In a run every answer is evaluated and learned from under the run's sentence.
                own = header.get("task") if self.trials is None else None
                session.task = own or self.agent.task or ""
            case "choose":
                self.episode = max(self.episode, header["episode"])
            case "episode_end" if header["outcome"] == "exhausted" and self.trials:
                self.trials.exhausted = True
        if dead is not None and tell:
            episode, step, index, path = dead
            self.agent.dead_end(
                session=session.name, episode=episode, step=step, index=index, path=path
            )

    def begin_episode(self) -> None:
        """Learn from finished trials and begin others; again where a result is known already."""
        while self.trials:
            self.take_results()
            if not self.trials.dispatch() or self.trials.busy():
                break

    def decide(self, session: Session, header: dict[str, Any], candidates: list[int]) -> Pick:
        """Have the agent pick; raises ScorerFailed."""
        return self._scored(
            lambda: self.agent.select_action(
                task=session.task,
                session=session.name,
                episode=header["episode"],
                step=header["step"],
                candidates=candidates,
                texts=session.texts.__getitem__,
            )
        )

    def hand_over(self, session: Session, header: dict[str, Any], found: str) -> str:
        """An answer that nobody knew: the agent holds it, and may have it evaluated at once."""
        assert self.trials is not None
        self.agent.answer(
            session=session.name,
            episode=header["episode"],
            step=header["step"],
            index=header["index"],
            answer=found,
            path=session.path(header["index"]),
        )
        return self.trials.answered(found, facts_of(header, session))

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
        self.sessions.keep_rivals = self.agent.buffer.keep_candidates
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

    def answer_in(self, body: bytes) -> str:
        """The canonical text of the answer in a body; raises MessageError if it is none."""
        try:
            return self._canonical(body.decode())
        except UnicodeDecodeError:
            raise MessageError("bad_body", "the body is not UTF-8") from None
        except ValueError as error:
            raise MessageError("bad_body", str(error)) from None


def facts_of(header: dict[str, Any], session: Session) -> dict[str, Any]:
    """What is known of an answer beside its text, and the scorer that led to it.

    The engine's own facts come first: none of them takes the place of another one.
    """
    told = {name: header[name] for name in ("session", "episode", "step")}
    return header.get("facts", {}) | told | {"scorer": session.scorer}


def _address(header: dict[str, Any]) -> dict[str, Any]:
    """What a reply says of its request."""
    return {"id": header["id"], "session": header["session"]}


def _reply(header: dict[str, Any], body: bytes = b"", **fields: Any) -> Reply:
    """The reply to a request."""
    return {"type": header["type"] + "_reply", **_address(header), **fields}, body
