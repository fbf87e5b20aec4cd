"""The agent's side of the protocol: a ROUTER socket, sessions, and replies that can be repeated.

The server is the only reader and writer of the socket. It turns requests into calls of the agent
and the trials, and writes each request with its reply to the trace before the reply leaves. The
trace is also its memory: `recover` reads it after a restart and brings sessions and agent to where
they were.
"""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import zmq

from architecto import __version__, architecture
from architecto.checkpoint import Position
from architecto.messages import (
    BODY_LIMIT,
    REQUESTS,
    MessageError,
    build,
    parse,
    parse_choices,
    score_lines,
    to_json,
)
from architecto.sessions import Session, UnknownChoices
from architecto.trace import Trace

if TYPE_CHECKING:
    from architecto.agent import Agent
    from architecto.trials import Trials

SESSIONS_LIMIT = 256
"""Sessions held at a time; the one that has been silent longest makes room."""
DEADLINE_S = 120.0
"""Seconds that a request may take before the engine gives the agent up."""


class ScorerFailed(RuntimeError):
    """The scorer raised; the message is one line for a person."""


class Server:
    """Serves engines on an endpoint.

    ``trials`` and ``trace`` are None when nothing is evaluated (the REPL's agent). ``checkpoint``
    saves the agent and the position of the run.
    ``on_event(kind, **facts)`` is told ``step`` after each pick.
    """

    def __init__(
        self,
        agent: Agent,
        *,
        scorer: str,
        seed: int,
        trials: Trials | None = None,
        trace: Trace | None = None,
        checkpoint: Callable[[Position], None] = lambda position: None,
        load_scorer: Callable[[str], Any] | None = None,
        on_event: Callable[..., None] = lambda kind, **facts: None,
    ) -> None:
        self.agent, self.scorer, self.seed = agent, scorer, seed
        self.trials, self.trace = trials, trace
        self._checkpoint, self._load_scorer, self._on_event = checkpoint, load_scorer, on_event
        self.sessions: dict[str, Session] = {}
        self.episode = 0
        """The latest episode that any engine began."""
        self.failure: str | None = None
        """Why the run cannot go on, in one line."""
        self._waiting: dict[str, tuple[dict[str, Any], bytes]] = {}
        self._begun = False  # an evaluation began in this request
        self._socket: zmq.Socket | None = None

    # ------------------------------------------------------------------------------ the socket

    def bind(self, context: zmq.Context, endpoint: str) -> zmq.Socket:
        """Bind the endpoint; raises zmq.ZMQError if that cannot be done."""
        socket = context.socket(zmq.ROUTER)
        socket.set(zmq.LINGER, 500)
        socket.set(zmq.SNDHWM, 64)
        socket.set(zmq.RCVHWM, 64)
        # Twice the limit, so that a body over it still gets an error that says so.
        socket.set(zmq.MAXMSGSIZE, 2 * BODY_LIMIT)
        socket.set(zmq.HEARTBEAT_IVL, 5000)
        socket.set(zmq.HEARTBEAT_TIMEOUT, 30000)
        try:
            socket.bind(endpoint)
        except zmq.ZMQError:
            socket.close()
            raise
        self._socket = socket
        return socket

    def receive(self) -> None:
        """Handle every message that has arrived; never waits."""
        assert self._socket is not None
        while True:
            try:
                frames = self._socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return
            self.handle(frames[0], frames[1:])

    def _send(self, routing: bytes, frames: list[bytes]) -> None:
        if self._socket is None:
            return
        with contextlib.suppress(zmq.Again):  # an engine that does not read will ask again
            self._socket.send_multipart([routing, *frames], zmq.DONTWAIT)

    # ---------------------------------------------------------------------------- the requests

    def handle(self, routing: bytes, frames: list[bytes]) -> None:
        """Carry out one message of an engine and send the reply, now or later."""
        try:
            header, body = parse(frames)
            if header["type"] not in REQUESTS:
                text = f"{header['type']} is sent by agents, not to them"
                raise MessageError("unknown_type", text, header)
            session = self._session_of(routing, header)
        except MessageError as error:
            self._send(routing, _error(error, error.header))
            return
        if session.reply_id == header["id"]:
            self._send(routing, session.reply)
            return
        session.routing = routing
        if session.name in self._waiting:
            if self._waiting[session.name][0]["id"] == header["id"]:
                self._tell_working(session, header)
                return
            del self._waiting[session.name]  # the engine has given that request up
        try:
            reply = self._answer(session, header, body)
        except MessageError as error:
            self._send(routing, _error(error, header))
        except ScorerFailed as error:
            self.failure = str(error)
            failed = MessageError("scorer_failed", self.failure[:1000])
            self._send(routing, _error(failed, header))
        else:
            if reply is None:
                self._waiting[session.name] = (header, body)
                self._tell_working(session, header)
            else:
                self._reply(session, header, body, reply)

    def resume_waiting(self) -> None:
        """Reply to the requests that waited for an evaluation, as far as it is finished now."""
        for name in list(self._waiting):
            header, body = self._waiting.pop(name)
            self.handle(self.sessions[name].routing, [to_json(header), body])

    def finish_alone(self) -> None:
        """No engine is left to bring answers: go on with those that are held."""
        assert self.trials is not None
        self.trials.exhausted = True
        self._settle()
        self.trials.dispatch()

    def all_left(self) -> bool:
        """Has every engine that said hello taken leave, or been told to stop?"""
        return bool(self.sessions) and all(session.left for session in self.sessions.values())

    def _session_of(self, routing: bytes, header: dict[str, Any]) -> Session:
        name = header["session"]
        session = self.sessions.get(name)
        if header["type"] == "hello" and (session is None or session.reply_id != header["id"]):
            self.sessions.pop(name, None)
            self._waiting.pop(name, None)
            while len(self.sessions) >= SESSIONS_LIMIT:
                self.sessions.pop(next(iter(self.sessions)))
            session = self.sessions[name] = Session(name, routing)
        if session is None:
            raise MessageError("unknown_session", f"no session {name}: say hello first", header)
        return session

    def _answer(self, session: Session, header: dict[str, Any], body: bytes) -> list[bytes] | None:
        """The reply to a request, or None if it has to wait for an evaluation."""
        type = header["type"]
        if type == "hello":
            return self._hello(session, header)
        if type == "choose":
            return self._choose(session, header, body)
        if type == "answer":
            return self._found(session, header, body)
        if type == "episode_end":
            if header["outcome"] == "exhausted" and self.trials:
                self.trials.exhausted = True
            return _ready(header)
        if type == "scores":
            session.learn(parse_choices(body))
            candidates = session.candidates(header["candidates"])
            texts = [session.texts[index] for index in candidates]
            scores = self._scored(lambda: self.agent.scores(texts))
            return _ready(header, score_lines(zip(candidates, scores, strict=True)), self.scorer)
        if type == "use_scorer":
            return self._use_scorer(header)
        session.left = True
        return _ready(header)

    def _hello(self, session: Session, header: dict[str, Any]) -> list[bytes]:
        return [
            build(
                "hello_reply",
                id=header["id"],
                session=session.name,
                agent=f"architecto {__version__}",
                scorer=self.scorer,
                seed=self.seed,
                episode=self.episode + 1,
                deadline_s=DEADLINE_S,
            ),
            b"",
        ]

    def _choose(self, session: Session, header: dict[str, Any], body: bytes) -> list[bytes] | None:
        self._take_up(session, header, body)
        candidates = session.candidates(header["candidates"])
        if self.trials and header["step"] == 0:
            self._settle()
            if self.trials.dispatch():
                self._begun = True
            if self.trials.busy():
                return None
        if self.trials and self.trials.done:
            return self._stop(session, header)
        decision = self._scored(
            lambda: self.agent.select_action(
                session=session.name,
                episode=header["episode"],
                step=header["step"],
                candidates=candidates,
                texts=session.texts.__getitem__,
            )
        )
        self._picked(session, header, candidates, decision.index)
        self._on_event("step")
        return [
            build(
                "choose_reply",
                id=header["id"],
                session=session.name,
                index=decision.index,
                scorer=decision.scorer,
                explored=decision.explored,
            ),
            b"",
        ]

    def _found(self, session: Session, header: dict[str, Any], body: bytes) -> list[bytes]:
        found = _architecture(body)
        known = self.trials.study.known(found) if self.trials else None
        fields: dict[str, Any] = {"status": "held"}
        if known is not None:
            session.last = None
            fields = {"status": "known", "reward": known.evaluation.reward}
        elif self.trials:
            if self.trials.done:
                return self._stop(session, header)
            fields = {"status": self._hand_over(session, header, found)}
        return [build("answer_reply", id=header["id"], session=session.name, **fields), b""]

    def _use_scorer(self, header: dict[str, Any]) -> list[bytes]:
        if self._load_scorer is None:
            raise MessageError("refused", "this agent keeps its scorer")
        try:
            self.agent.use_scorer(self._load_scorer(header["scorer"]))
        except ValueError as error:
            raise MessageError("refused", str(error)) from None
        self.scorer = header["scorer"]
        return _ready(header, b"", self.scorer)

    def _stop(self, session: Session, header: dict[str, Any]) -> list[bytes]:
        session.left = True
        assert self.trials is not None
        reason = "the space is exhausted" if self.trials.exhausted else "all trials are done"
        return [build("shutdown", id=header["id"], session=session.name, reason=reason), b""]

    # ------------------------------------------------ what a request changes, also on recovery

    def _take_up(
        self, session: Session, header: dict[str, Any], body: bytes, *, tell: bool = True
    ) -> None:
        """Choices that were born or closed; the agent is told of a pick that led nowhere."""
        self.episode = max(self.episode, header["episode"])
        session.learn(parse_choices(body))
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

    def _picked(
        self, session: Session, header: dict[str, Any], candidates: list[int], index: int
    ) -> None:
        rivals = session.rivals(header["candidates"], candidates, index)
        session.pick(header["episode"], header["step"], index, rivals)

    def _hand_over(self, session: Session, header: dict[str, Any], found: str) -> str:
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
        facts = {"session": session.name, "episode": header["episode"], "step": header["step"]}
        if "parameters" in header:
            facts["parameters"] = header["parameters"]
        before = len(self.trials.out)
        status = self.trials.answered(found, facts)
        self._begun = len(self.trials.out) > before
        return status

    def _settle(self) -> None:
        """Let the agent learn from finished trials, tell the engines, and save."""
        assert self.trials is not None
        settled = self.trials.settle()
        for result in settled:
            body = result.architecture.encode()
            name = result.facts.get("session", "engine-0")
            header = build(
                "reward", session=name, trial=result.number, reward=result.evaluation.reward
            )
            if self.trace:
                self.trace.write([("out", header, body)])
            if name in self.sessions:
                self._send(self.sessions[name].routing, [header, body])
        if settled:
            self._save()

    def _save(self) -> None:
        assert self.trials is not None
        lines = self.trace.lines if self.trace else 0
        self._checkpoint(Position(lines=lines, out=self.trials.out))

    # -------------------------------------------------------------------------------- recovery

    def recover(self, records: Iterable[dict[str, Any]], position: Position) -> None:
        """Bring sessions and agent to where the trace ends.

        The agent was restored from a checkpoint that had seen some lines of the trace; it is told
        what came after. Sessions are rebuilt from every line. No message is sent.
        """
        if self.trials:
            self.trials.begin_again(position.out)
        request: dict[str, Any] = {}
        for number, record in enumerate(records):
            header, body = record["header"], "\n".join(record["body"]).encode()
            if record["direction"] == "in":
                request = record
            elif header["type"] == "reward":
                if number >= position.lines and self.trials:
                    self.trials.settle()
            elif request and header.get("id") == request["header"]["id"]:
                asked = "\n".join(request["body"]).encode()
                new = number >= position.lines
                self._carry_out_again(request["header"], asked, header, body, new)
                request = {}
        for name in [name for name, session in self.sessions.items() if session.left]:
            del self.sessions[name]

    def _carry_out_again(
        self,
        header: dict[str, Any],
        body: bytes,
        reply: dict[str, Any],
        reply_body: bytes,
        new: bool,
    ) -> None:
        """Do again what a recorded request did; ``new`` if the agent does not know of it yet."""
        session = self._session_of(b"", header)
        type = reply["type"]
        if type == "choose_reply":
            self._take_up(session, header, body, tell=new)
            if new and header["step"] == 0 and self.trials:
                self.trials.settle()
                self.trials.dispatch()
            candidates = session.candidates(header["candidates"])
            self._picked(session, header, candidates, reply["index"])
        elif type == "answer_reply" and new and reply["status"] != "known" and self.trials:
            self._hand_over(session, header, body.decode())
        elif type == "answer_reply":
            session.last = None
        elif type == "episode_end_reply" and header["outcome"] == "exhausted" and self.trials:
            self.trials.exhausted = True
        elif type == "scores_reply":
            session.learn(parse_choices(body))
        elif type in ("shutdown", "shutdown_reply"):
            session.left = True
        session.reply_id, session.reply = header["id"], [to_json(reply), reply_body]

    # --------------------------------------------------------------------------------- helpers

    def _reply(
        self, session: Session, header: dict[str, Any], body: bytes, reply: list[bytes]
    ) -> None:
        if self.trace:
            self.trace.write([("in", to_json(header), body), ("out", reply[0], reply[1])])
        if self._begun:  # a restarted agent must not propose again what is being evaluated
            self._begun = False
            self._save()
        session.reply_id, session.reply = header["id"], reply
        self._send(session.routing, reply)

    def _tell_working(self, session: Session, header: dict[str, Any]) -> None:
        fields = {"id": header["id"], "session": session.name, "deadline_s": DEADLINE_S}
        self._send(session.routing, [build("working", **fields), b""])

    def _scored(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            reason = " ".join(str(error).split()) or "no reason given"
            text = f"the scorer {self.scorer} failed: {type(error).__name__}: {reason}"
            raise ScorerFailed(text) from None


def _ready(header: dict[str, Any], body: bytes = b"", scorer: str | None = None) -> list[bytes]:
    """The reply to a request that carries nothing but, perhaps, the scorer's name and a body."""
    fields = {"id": header["id"], "session": header["session"]}
    if scorer is not None:
        fields["scorer"] = scorer
    return [build(header["type"] + "_reply", **fields), body]


def _error(error: MessageError, header: dict[str, Any]) -> list[bytes]:
    """An error, with as much of the request's id and session as is well-formed."""
    fields: dict[str, Any] = {"code": error.code, "message": str(error)[:1000]}
    if isinstance(error, UnknownChoices):
        fields["choices"] = error.choices
    for name in ("id", "session"):
        try:
            build("error", code=error.code, message="", **{name: header[name]})
        except (KeyError, MessageError):
            continue
        fields[name] = header[name]
    return [build("error", **fields), b""]


def _architecture(body: bytes) -> str:
    """The canonical text of the architecture in a body; raises MessageError if it is none."""
    try:
        return str(architecture.parse(body.decode()))
    except UnicodeDecodeError:
        raise MessageError("bad_body", "the body is not UTF-8") from None
    except architecture.ArchitectureError as error:
        raise MessageError("bad_body", str(error)) from None
