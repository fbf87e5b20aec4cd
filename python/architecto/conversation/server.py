"""The agent's side of the protocol: a ROUTER socket, and replies that can be repeated.

The server is the only reader and writer of the socket. It hands requests to the service and writes
each with its reply to the trace before the reply leaves, so that a restarted agent can read there
what it knew.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zmq

from architecto.conversation.endpoint import EndpointError
from architecto.conversation.keys import protect
from architecto.conversation.messages import (
    BODY_LIMIT,
    HEADER_LIMIT,
    REQUESTS,
    MessageError,
    build,
    parse,
    to_json,
)
from architecto.conversation.position import Position
from architecto.conversation.service import ScorerFailed, Service
from architecto.conversation.sessions import Request, Session, UnknownChoices
from architecto.conversation.trace import Trace

if TYPE_CHECKING:
    from zmq.auth.thread import ThreadAuthenticator

TOGETHER = 64
"""Messages that are taken from the socket at a time; those among them are scored together."""
TOGETHER_BYTES = 1024 * 1024
"""No further one is taken once those taken have so many bytes."""
FRAME_LIMIT = BODY_LIMIT + HEADER_LIMIT
"""Largest frame that is read at all: a body a little over its limit still gets an error that says
so; the connection of a larger frame is closed before memory is taken for it."""
QUEUE = 2
"""Messages of an engine that wait to be read: it has one request on its way, and may repeat it."""


class Server:
    """Serves engines on an endpoint.

    ``trace`` is None when nothing is recorded (the REPL's agent). ``checkpoint`` saves the agent
    and the position of the run.
    """

    def __init__(
        self,
        service: Service,
        *,
        trace: Trace | None = None,
        checkpoint: Callable[[Position], None] = lambda position: None,
    ) -> None:
        self.service, self.trace = service, trace
        self._checkpoint = checkpoint
        self.failure: str | None = None
        """Why the run cannot go on, in one line."""
        self._waiting: dict[str, Request] = {}
        self._socket: zmq.Socket | None = None
        self._authenticator: ThreadAuthenticator | None = None

    # ------------------------------------------------------------------------------ the socket

    def bind(self, context: zmq.Context, endpoint: str, keys: Path | None = None) -> zmq.Socket:
        """Bind the endpoint; with a folder of keys, for the engines listed there alone.

        Raises EndpointError if that cannot be done.
        """
        socket = context.socket(zmq.ROUTER)
        socket.set(zmq.LINGER, 500)
        socket.set(zmq.SNDHWM, 8)
        socket.set(zmq.RCVHWM, QUEUE)
        socket.set(zmq.MAXMSGSIZE, FRAME_LIMIT)
        socket.set(zmq.HEARTBEAT_IVL, 5000)
        socket.set(zmq.HEARTBEAT_TIMEOUT, 30000)
        self._socket = socket
        try:
            if keys is not None:
                self._authenticator = protect(socket, keys)
            socket.bind(endpoint)
        except zmq.ZMQError as error:
            self.close()
            raise EndpointError(f"endpoint {endpoint}: {zmq.strerror(error.errno or 0)}") from None
        except EndpointError:
            self.close()
            raise
        return socket

    def close(self) -> None:
        """Close the socket; what was sent goes out within half a second."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._authenticator is not None:
            self._authenticator.stop()
            self._authenticator = None

    def receive(self) -> None:
        """Handle every message that has arrived; never waits."""
        while messages := self._arrived():
            self.handle(messages)

    def _arrived(self) -> list[list[bytes]]:
        assert self._socket is not None
        messages: list[list[bytes]] = []
        taken = 0
        with contextlib.suppress(zmq.Again):
            while len(messages) < TOGETHER and taken < TOGETHER_BYTES:
                messages.append(self._socket.recv_multipart(zmq.DONTWAIT))
                taken += sum(map(len, messages[-1]))
        return messages

    def _send(self, routing: bytes, frames: list[bytes]) -> None:
        if self._socket is None:
            return
        with contextlib.suppress(zmq.Again):  # an engine that does not read will ask again
            self._socket.send_multipart([routing, *frames], zmq.DONTWAIT)

    # ---------------------------------------------------------------------------- the messages

    def handle(self, messages: list[list[bytes]]) -> None:
        """Carry out messages of engines, each the sender's address and the frames, in order.

        The replies are sent now or, where an evaluation has to end first, later.
        """
        requests = []
        for routing, *frames in messages:
            try:
                header, body = parse(frames)
                if header["type"] not in REQUESTS:
                    text = f"{header['type']} is sent by agents, not to them"
                    raise MessageError("unknown_type", text, header)
                requests.append(Request(routing, header, body))
            except MessageError as error:
                self._send(routing, _error(error, error.header))
        if len(requests) > 1:
            with contextlib.suppress(ScorerFailed):  # each request alone will say so
                self.service.score_together(requests)
        for request in requests:
            self._handle(request)

    def _handle(self, request: Request, *, waited: bool = False) -> None:
        header = request.header
        try:
            session = self.service.sessions.of(request)
            again = None if waited else self.service.sessions.given_before(session, request)
        except MessageError as error:
            self._send(request.routing, _error(error, header))
            return
        session.routing = request.routing
        if again is not None:
            self._send(session.routing, again)
            return
        waiting = self._waiting.get(session.name)
        if waiting and waiting.header["id"] == header["id"] and header["type"] != "hello":
            waiting.routing = request.routing
            self._tell_working(session, header)
            return
        self._waiting.pop(session.name, None)  # the engine has given that request up
        try:
            reply = self.service.carry_out(session, request)
        except MessageError as error:
            reply = _error(error, header)
            self._send(session.routing, reply)
        except ScorerFailed as error:
            self.failure = str(error)
            failed = MessageError("scorer_failed", self.failure)
            self._send(session.routing, _error(failed, header))
        else:
            self._tell_rewards()
            if reply is None:
                self._waiting[session.name] = request
                self._tell_working(session, header)
            else:
                self._reply(session, request, reply)
        self.save()

    def resume_waiting(self) -> None:
        """Reply to the requests that waited for an evaluation, as far as it is finished now."""
        for name in list(self._waiting):
            self._handle(self._waiting.pop(name), waited=True)

    def finish_alone(self) -> None:
        """No engine is left to bring answers: go on with those that are held."""
        trials = self.service.trials
        assert trials is not None
        trials.exhausted = True
        self.service.take_results()
        self._tell_rewards()
        self.save()
        trials.dispatch()

    def _reply(self, session: Session, request: Request, reply: list[bytes]) -> None:
        if self.trace and session.stopped != (request.header["id"], reply[0]):
            asked = ("in", to_json(request.header), request.body)
            self.trace.write([asked, ("out", reply[0], reply[1])])
        session.reply_id, session.reply = request.header["id"], reply
        self._send(session.routing, reply)

    def _tell_working(self, session: Session, header: dict[str, Any]) -> None:
        deadline = self.service.deadline_s
        fields = {"id": header["id"], "session": session.name, "deadline_s": deadline}
        self._send(session.routing, [build("working", **fields), b""])

    def _tell_rewards(self) -> None:
        """Tell the engines of the trials that the agent has learned from."""
        results, self.service.untold = self.service.untold, []
        for result in results:
            if result.reward is None:
                continue
            body = result.answer.encode()
            name = result.facts.get("session", "engine-0")
            header = build("reward", session=name, trial=result.number, reward=result.reward)
            if self.trace and result.number not in self.service.told:
                self.trace.write([("out", header, body)])
            session = self.service.sessions.get(name)
            if session:
                self._send(session.routing, [header, body])

    def save(self) -> None:
        """Save what was learned, so that a restarted agent need not learn it again."""
        if not self.service.unsaved:
            return
        self.service.unsaved = False
        trials, agent = self.service.trials, self.service.agent
        position = Position(
            trace=self.trace.size if self.trace else 0,
            replay=agent.buffer.size,
            heard=sorted(trials.heard) if trials else [],
            out=trials.out if trials else {},
            scorer=agent.scorer.spec,
        )
        self._checkpoint(position)


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
