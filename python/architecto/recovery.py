"""What a restarted agent reads back from the trace: its sessions, what its checkpoint missed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from architecto.checkpoint import Position
from architecto.messages import to_json
from architecto.service import Request, Service


def recover(service: Service, records: Iterable[dict[str, Any]], position: Position) -> None:
    """Bring sessions and agent to where the trace ends.

    The agent was restored from a checkpoint that had seen some lines of the trace; it is told
    what came after. Sessions are rebuilt from every line. No message is sent.
    """
    if service.trials:
        service.trials.begin_again(position.out)
    asked: dict[str, Any] = {}
    for number, record in enumerate(records):
        header, body = record["header"], "\n".join(record["body"]).encode()
        new = number >= position.lines
        if record["direction"] == "in":
            asked = record
        elif header["type"] == "reward":
            if new and service.trials:
                service.trials.settle()
        elif asked and header.get("id") == asked["header"]["id"]:
            request = Request(b"", asked["header"], "\n".join(asked["body"]).encode())
            _carry_out_again(service, request, header, body, new)
            asked = {}
    for name in [name for name, session in service.sessions.items() if session.left]:
        del service.sessions[name]


def _carry_out_again(
    service: Service, request: Request, reply: dict[str, Any], reply_body: bytes, new: bool
) -> None:
    """Do again what a recorded request did; ``new`` if the agent does not know of it yet."""
    header, trials = request.header, service.trials
    session = service.session_of(request)
    service.episode = max(service.episode, reply.get("episode", 0))
    match reply["type"]:
        case "choose_reply":
            service.take_up(session, request, tell=new)
            if new and header["step"] == 0 and trials:
                trials.settle()
                trials.dispatch()
            session.pick(header, session.candidates(header["candidates"]), reply["index"])
        case "answer_reply" if new and reply["status"] != "known" and trials:
            service.hand_over(session, header, request.body.decode())
        case "answer_reply":
            session.last = None
        case "episode_end_reply" if header["outcome"] == "exhausted" and trials:
            trials.exhausted = True
        case "scores_reply":
            session.learn(request.choices)
        case "use_scorer_reply" if new:
            service.use_scorer(header["scorer"])
        case "shutdown" | "shutdown_reply":
            session.left = True
    session.reply_id, session.reply = header["id"], [to_json(reply), reply_body]
