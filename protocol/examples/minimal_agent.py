"""A minimal agent: picks at random, prints what is found, and stops after so many answers.

    python minimal_agent.py ipc:///tmp/socket 5
    racket racket/run-search.rkt --connect ipc:///tmp/socket
"""

import json
import random
import sys

import zmq

answers_wanted = int(sys.argv[2])
socket = zmq.Context().socket(zmq.ROUTER)
socket.bind(sys.argv[1])
sessions, answers = {}, 0  # name -> {"open": what may be picked, "last": (id, header)}


def reply_to(request, body):
    """The header of the reply, without v, id and session. Its body is empty."""
    global answers
    kind, session = request["type"], sessions.get(request["session"])
    if kind == "hello":
        sessions[request["session"]] = {"open": set(), "last": None}
        about = {"agent": "minimal", "scorer": "random", "seed": 0, "episode": 1}
        return {"type": "hello_reply", **about, "deadline_s": 10}
    if session is None:
        return {"type": "error", "code": "unknown_session", "message": "say hello first"}
    if kind in ("shutdown", "episode_end"):
        return {"type": f"{kind}_reply"}
    if answers >= answers_wanted:
        return {"type": "shutdown", "reason": "that is enough"}
    if kind == "choose":
        born = {int(line.split()[0]) for line in body.split("\n") if line}
        session["open"] = (session["open"] | born) - set(request["closed"])
        everything = request["candidates"] == "all"
        index = random.choice(list(session["open"]) if everything else request["candidates"])
        session["open"].discard(index)
        return {"type": "choose_reply", "index": index, "scorer": "random", "explored": True}
    if kind != "answer":
        return {"type": "error", "code": "refused", "message": f"no {kind} here"}
    answers += 1
    print(body, flush=True)
    return {"type": "answer_reply", "status": "held"}


while answers < answers_wanted or sessions:
    address, header, body = socket.recv_multipart()
    request = json.loads(header)
    last = sessions.get(request["session"], {}).get("last")
    if not last or last[0] != request["id"]:  # a request that was sent again gets the same reply
        reply = reply_to(request, body.decode())
        reply |= {"v": 1, "id": request["id"], "session": request["session"]}
        last = (request["id"], json.dumps(reply).encode())
    if request["session"] in sessions:
        sessions[request["session"]]["last"] = last
    socket.send_multipart([address, last[1], b""])
    if b'"shutdown' in last[1]:
        del sessions[request["session"]]
