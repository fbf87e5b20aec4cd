"""An agent process without a run, and requests to it from Python."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import zmq

from architecto.conversation.messages import build, parse


class ServingAgent:
    """``python -m architecto serve``, started with options; ``endpoint`` is where it listens."""

    def __init__(self, python: str, log: Path, *options: str) -> None:
        self.log = log
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                [python, "-m", "architecto", "serve", *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        line = self.process.stdout.readline()
        assert line, log.read_text()
        self.endpoint = json.loads(line)["endpoint"]

    def words(self) -> str:
        return self.log.read_text()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


class Engine:
    """A DEALER socket that speaks for an engine."""

    def __init__(self, endpoint: str, session: str = "test", **options) -> None:
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        for name, value in options.items():
            self.socket.set(getattr(zmq, name.upper()), value)
        self.socket.connect(endpoint)
        self.session, self.id = session, 0

    def send(self, type: str, body: bytes = b"", **fields) -> int:
        self.id += 1
        header = build(type, id=self.id, session=self.session, **fields)
        self.socket.send_multipart([header, body])
        return self.id

    def receive(self, seconds: float = 60) -> tuple[dict, bytes]:
        assert self.socket.poll(int(1000 * seconds)), "the agent did not answer"
        return parse(self.socket.recv_multipart())

    def ask(self, type: str, body: bytes = b"", **fields) -> dict:
        """The header of the reply to a request."""
        self.send(type, body, **fields)
        return self.receive()[0]

    def hello(self) -> dict:
        return self.ask("hello", engine="test", problem="cnn", task="none", facts={})

    def close(self) -> None:
        self.context.destroy(linger=0)
