"""Golden transcripts: reading them, and playing the engines' part to a server.

A line is a message or an event:

    {"from":"engine-0","header":HEADER,"body":BODY}    HEADER and BODY are the frames as text
    {"from":"agent","to":"engine-0","header":…,"body":…}
    {"event":"evaluated","reward":0.75}                an evaluation is finished
    {"event":"restart"}                                the agent is a new process, without memory

``"frames"`` in place of header and body gives another number of frames. ``"padding":N`` adds N
spaces to the header. ``"again":true`` marks what an engine sends by itself; ``"lost":true`` a
message that never arrives. The agent picks the shortest text, the lowest index among equals; scores
are minus an eighth of the length; it fails at the text ``(breaks the scorer)``; its run has two
trials.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from protocol_doubles import run_server

FOLDER = Path(__file__).resolve().parents[2] / "protocol" / "transcripts"


def read(name: str) -> list[dict[str, Any]]:
    text = (FOLDER / f"{name}.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.jsonl"))


class Player:
    """A server that is given the lines of engines, one after another."""

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._server, self._executor = run_server(run_dir)

    def play(self, line: dict[str, Any]) -> list[dict[str, Any]]:
        """Give the server an engine's message or an event; returns what the agent says."""
        if line.get("event") == "restart":
            self._server, self._executor = run_server(self._run_dir)
        elif line.get("event") == "evaluated":
            self._executor.finish(line["reward"])
            self._server.trials.poll()
            self._server.resume_waiting()
        elif not line.get("lost"):
            frames = line.get("frames") or [line["header"], line["body"]]
            frames = [frames[0] + " " * line.get("padding", 0), *frames[1:]]
            self._server.handle([[frame.encode() for frame in [line["from"], *frames]]])
        return [
            {"from": "agent", "to": to.decode(), "header": header.decode(), "body": body.decode()}
            for to, header, body in self._server.take_sent()
        ]
