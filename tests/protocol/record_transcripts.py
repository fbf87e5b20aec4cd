"""Writes protocol/transcripts/: what engines say stands here, what the agent says is recorded.

    .venv/bin/python tests/protocol/record_transcripts.py

Needed only when the protocol changes; read the difference before you commit it.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from protocol_doubles import DEEPER, NETWORK
from protocol_doubles import HELLO as SHORT_HELLO
from transcripts import FOLDER, Player

from architecto.conversation.messages import build

HELLO = SHORT_HELLO | {"engine": "architecto 0.1.0"}


def said(type: str, body: str = "", *, by: str = "engine-0", again: bool = False, **fields):
    """An engine's message. ``again``: the engine sends it by itself, without being called."""
    session = {"session": by}
    closed = {"closed": []} if type == "choose" else {}
    line = {"from": by, "header": build(type, **(session | closed | fields)).decode(), "body": body}
    return line | ({"again": True} if again else {})


def raw(header: str, body: str = "") -> dict:
    return {"from": "engine-0", "header": header, "body": body}


def step(episode: int, step: int) -> dict:
    return {"episode": episode, "step": step}


FIRST = "1 - (choice one)\n2 - (two)\n3 - (choice three)"
SECOND = "4 2 (choice four)\n5 2 (five)"
BEGIN = [
    said("hello", id=1, **HELLO),
    said("choose", FIRST, id=2, **step(1, 0), candidates=[1, 2, 3]),
    said("choose", SECOND, id=3, **step(1, 1), candidates=[4, 5]),
]
ANSWER = [
    said("answer", NETWORK, id=4, **step(1, 2), index=5, facts={"parameters": 650}),
    said("episode_end", id=5, episode=1, outcome="answer"),
]

CONVERSATIONS = {
    "normal": [
        *BEGIN,
        *ANSWER,
        said("choose", id=6, **step(2, 0), candidates=[1, 2, 3], closed=[5]),
        {"event": "evaluated", "reward": 0.75},
        said("answer", NETWORK, id=7, **step(2, 1), index=4, facts={"parameters": 650}),
        said("episode_end", id=8, episode=2, outcome="answer"),
        said("choose", "6 3 (six)", id=9, **step(3, 0), candidates="all", closed=[4]),
        said("answer", DEEPER, id=10, **step(3, 1), index=7, facts={"parameters": 610}),
        said("episode_end", id=11, episode=3, outcome="answer"),
        said("choose", id=12, **step(4, 0), candidates="all"),
        {"event": "evaluated", "reward": -0.5},
    ],
    "leave": [*BEGIN, said("shutdown", id=4)],
    "scores": [
        said("hello", id=1, **HELLO),
        said("scores", FIRST, id=2, candidates=[1, 2, 3]),
        said("scores", "4 2 (λ 漢 four)", id=3, candidates=[4, 1]),
        said("shutdown", id=4),
    ],
    "resend": [
        said("hello", id=1, **HELLO),
        said("choose", FIRST, id=2, **step(1, 0), candidates=[1, 2, 3]) | {"lost": True},
        said("choose", FIRST, id=2, **step(1, 0), candidates=[1, 2, 3], again=True),
        said("choose", SECOND, id=3, **step(1, 1), candidates=[4, 5]),
        *ANSWER,
        said("choose", id=6, **step(2, 0), candidates=[1, 2, 3], closed=[5]),
        said("choose", id=6, **step(2, 0), candidates=[1, 2, 3], closed=[5], again=True),
        {"event": "evaluated", "reward": 0.75},
        said("shutdown", id=7),
    ],
    "restart": [
        *BEGIN,
        {"event": "restart"},
        said("choose", "6 5 (six)\n7 5 (seven)", id=4, **step(1, 2), candidates=[6, 7]),
        said("hello", id=5, **HELLO, again=True),
        said(
            "choose",
            "2 - (two)\n5 2 (five)\n6 5 (six)\n7 5 (seven)",
            id=6,
            **step(1, 2),
            candidates=[6, 7],
            again=True,
        ),
        said("shutdown", id=7),
    ],
    "use_scorer": [
        *BEGIN,
        said("use_scorer", id=4, scorer="same"),
        said("choose", id=5, **step(1, 2), candidates=[4]),
        said("shutdown", id=6),
    ],
    "use_scorer_alone": [
        *BEGIN,
        said("use_scorer", by="swap-1", id=1, scorer="same"),
        said("use_scorer", by="swap-1", id=2, scorer="none such"),
        said("choose", id=4, **step(1, 2), candidates=[4]),
        said("shutdown", id=5),
    ],
    "two_engines": [
        said("hello", id=1, **HELLO),
        said("hello", id=1, **HELLO, by="engine-1"),
        said("choose", FIRST, id=2, **step(1, 0), candidates=[1, 2, 3]),
        said("choose", "1 - (a)\n2 - (bb)", by="engine-1", id=2, **step(2, 0), candidates="all"),
        said("choose", SECOND, id=3, **step(1, 1), candidates="all"),
        said("answer", NETWORK, by="engine-1", id=3, **step(2, 1), index=1),
        said("episode_end", by="engine-1", id=4, episode=2, outcome="answer"),
        *ANSWER,
        said("shutdown", by="engine-1", id=5),
    ],
    "errors": [
        said("scores", "1 - (a)", id=1, candidates=[1]),
        said("hello", id=2, **HELLO),
        raw("{"),
        raw('{"v":1,"type":"choose","id":3,"session":"engine-0","episode":1}'),
        raw('{"v":2,"type":"hello","id":4,"session":"engine-0"}'),
        raw('{"v":1,"type":"chose","id":5,"session":"engine-0"}'),
        raw(
            '{"v":1,"type":"hello_reply","id":6,"session":"engine-0","agent":"a","scorer":"b",'
            '"seed":0,"episode":1,"deadline_s":1}'
        ),
        said("choose", "1 (a)", id=7, **step(1, 0), candidates=[1]),
        said("choose", "1 - (a)", id=8, **step(1, 0), candidates=[1, 7, 9]),
        said("choose", "7 - (b)\n9 - (c)", id=9, **step(1, 0), candidates=[1, 7, 9]),
        said("answer", "(architecture", id=10, **step(1, 1), index=1),
        said("use_scorer", id=11, scorer="none such"),
        {"from": "engine-0", "frames": ["{}", "", ""]},
        said("shutdown", id=12) | {"padding": 70_000},
        said("choose", "20 - (breaks the scorer)", id=13, **step(1, 2), candidates=[20]),
        said("shutdown", id=14),
    ],
    "unknown_fields": [
        raw(said("hello", id=1, **HELLO)["header"][:-1] + ',"colour":"red","more":[{"x":null}]}'),
        raw('{"type":"shutdown", "session":"engine-0",\n "id":2, "v":1, "why":{}}'),
    ],
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, lines in CONVERSATIONS.items():
        with tempfile.TemporaryDirectory() as directory:
            player = Player(Path(directory))
            recorded = [out for line in lines for out in (line, *player.play(line))]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in recorded)
        (FOLDER / f"{name}.jsonl").write_text(text)


if __name__ == "__main__":
    main()
