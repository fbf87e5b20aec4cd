"""Both sides replay the golden transcripts byte for byte, and every header meets the schema."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict, deque

import jsonschema
import pytest
import transcripts
import zmq

from architecto.conversation.messages import CODES, FIELDS

BY_HAND = ("errors", "unknown_fields", "use_scorer_alone")  # no engine says these
BY_ENGINE = [name for name in transcripts.names() if name not in BY_HAND]


@pytest.mark.parametrize("name", transcripts.names())
def test_the_agent_says_what_the_transcript_says(name, tmp_path):
    player = transcripts.Player(tmp_path)
    said: list[dict] = []
    for line in transcripts.read(name):
        if line.get("from") == "agent":
            assert said.pop(0) == line
        else:
            assert said == []
            said = player.play(line)
    assert said == []


@pytest.mark.parametrize("name", BY_ENGINE)
def test_the_engine_says_what_the_transcript_says(name, tmp_path, project):
    lines = transcripts.read(name)
    endpoint = f"ipc://{tmp_path}/agent"
    context = zmq.Context()
    socket = context.socket(zmq.ROUTER)
    socket.bind(endpoint)
    program = project / "tests" / "racket" / "bridge-replay.rkt"
    transcript = transcripts.FOLDER / f"{name}.jsonl"
    sessions = sorted({line["from"] for line in lines if line.get("from", "agent") != "agent"})
    engines = [
        subprocess.Popen(["racket", program, endpoint, transcript, session]) for session in sessions
    ]
    addresses: dict[str, bytes] = {}
    arrived: dict[str, deque] = defaultdict(deque)
    try:
        for line in lines:
            if line.get("from") == "agent":
                frames = [line["header"].encode(), line["body"].encode()]
                socket.send_multipart([addresses[line["to"]], *frames])
            elif "header" in line:
                session = line["from"]
                while not arrived[session]:
                    assert socket.poll(30_000), f"nothing came, expected {line}"
                    address, header, body = socket.recv_multipart()
                    sender = json.loads(header)["session"]
                    addresses[sender] = address
                    arrived[sender].append([header.decode(), body.decode()])
                assert arrived[session].popleft() == [line["header"], line["body"]]
        assert [engine.wait(timeout=600) for engine in engines] == [0] * len(engines)
    finally:
        for engine in engines:
            if engine.poll() is None:
                engine.kill()
                engine.wait()
        context.destroy(linger=0)


def test_the_transcripts_show_every_type_and_every_error():
    said = [json.loads(line["header"]) for name in transcripts.names() for line in lines_of(name)]
    assert {header["type"] for header in said} >= set(FIELDS)
    assert {header["code"] for header in said if header["type"] == "error"} == set(CODES)


def lines_of(name: str) -> list[dict]:
    """The lines of a transcript whose header is JSON with a type."""
    return [line for line in transcripts.read(name) if '"type"' in line.get("header", "")]


@pytest.mark.parametrize("name", transcripts.names())
def test_every_header_of_the_agent_meets_the_schema(name, project):
    schema = json.loads((project / "protocol" / "messages.schema.json").read_text())
    for line in transcripts.read(name):
        if line.get("from") == "agent":
            jsonschema.Draft202012Validator(schema).validate(json.loads(line["header"]))
