"""What a trace holds of one session: the reply to each of its requests.

An engine that was restarted says the same hello as before and then the same requests: its search is
a function of the replies. It gets them from here until it has come to where it died.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from architecto import json_lines
from architecto.conversation import trace
from architecto.conversation.messages import to_json


class Record:
    """The requests and replies of a session in the trace at ``path``, since its latest hello."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._replies: dict[
            int, tuple[int, int]
        ] = {}  # id -> hash of the request, place of the reply

    @classmethod
    def of(cls, path: Path, session: str) -> Record:
        """Read it from the trace."""
        record = cls(path)
        for message in trace.messages(path):
            if message.header["session"] == session:
                record.add(message)
        return record

    def add(self, message: trace.Message) -> None:
        """Take up a request with its reply; those of an earlier session of the name go."""
        if message.reply is None:
            return
        if message.header["type"] == "hello":
            self._replies.clear()
        if message.reply.header["type"] != "shutdown":  # the run may have got more trials since
            request = hash((to_json(message.header), message.body))
            self._replies[message.header["id"]] = request, message.reply.start

    def reply(self, header: dict[str, Any], body: bytes) -> list[bytes] | None:
        """The frames that answered this request, or None if it was never made."""
        request, place = self._replies.get(header["id"], (None, 0))
        if request != hash((to_json(header), body)):
            return None
        with self._path.open("rb") as file:
            reply = json_lines.at(file, place)
        return [to_json(reply["header"]), "\n".join(reply["body"]).encode()]
