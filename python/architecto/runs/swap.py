"""Swaps the scorer of an agent at work: one request of the protocol, and its reply."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import zmq

from architecto import scorers
from architecto.conversation import endpoint, keys
from architecto.conversation.messages import MessageError, build, parse
from architecto.printing import printable
from architecto.runs import configuration

PATIENCE_S = 120.0
"""Seconds to wait for the reply: the agent may be learning, and the scorer may have to load."""


class SwapError(ValueError):
    """The scorer was not swapped; the message is one line for a person."""


def swap_in_run(run_dir: Path, scorer: str, key: Path | None = None) -> str:
    """Have the agent of a run use another scorer from the next step on; gives the scorer's name.

    ``key`` is the key file of an engine, for a run that listens on tcp. Raises SwapError,
    ScorerError or KeyFileError, and ConfigurationError if there is no such run.
    """
    configuration.load(run_dir)
    scorers.check(scorer)
    at = endpoint.of_run(run_dir)
    if at is None:
        resume = configuration.command_line("resume", configuration.run_name(run_dir))
        raise SwapError(f"the run in {run_dir} is not at work; to go on with it: {resume}")
    return use_scorer(at, scorers.absolute(scorer), key)


def use_scorer(
    at: str, scorer: str, key: Path | None = None, patience_s: float = PATIENCE_S
) -> str:
    """Ask the agent at an endpoint to use a scorer; gives the name that it has there.

    Raises SwapError if the agent refuses or does not answer.
    """
    if at.startswith("tcp://") and key is None:
        raise SwapError(f"the agent listens at {at}: name the file of a listed key with --key")
    request = build("use_scorer", id=1, session=f"swap-{os.getpid()}", scorer=scorer)
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.set(zmq.LINGER, 0)
        if key is not None:
            keys.introduce(socket, key)
        socket.connect(at)
        socket.send_multipart([request, b""])
        reply = None
        while reply is None:
            if not socket.poll(int(1000 * patience_s)):
                listed = f"; does it list the key of {key}?" if key else ""
                raise SwapError(f"the agent at {at} did not answer within {patience_s:g} s{listed}")
            reply = _reply(socket.recv_multipart(), at)
    if reply["type"] != "use_scorer_reply":
        reason = reply.get("message") or reply.get("reason") or reply["type"]
        raise SwapError(f"the agent keeps its scorer: {printable(reason)}")
    return printable(reply["scorer"])


def _reply(frames: list[bytes], at: str) -> dict[str, Any] | None:
    """The header of the reply, or None for what was not asked for, which is dropped."""
    try:
        reply, _ = parse(frames)
    except MessageError as error:
        if error.header.get("id") != 1 or error.code == "unknown_type":
            return None
        text = printable(str(error))
        raise SwapError(f"the agent at {at} answered with a wrong message: {text}") from None
    unasked = reply.get("id", 1) != 1 or reply["type"] in ("working", "reward")
    return None if unasked else reply
