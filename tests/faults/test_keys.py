"""CURVE keys on real sockets: who is listed gets answers, and nobody else gets a byte."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import zmq
import zmq.auth
from serving_agent import Engine, ServingAgent

from architecto.conversation import keys
from architecto.conversation.endpoint import EndpointError
from architecto.runs import swap


@pytest.fixture(scope="module")
def folder(tmp_path_factory, run_architecto) -> Path:
    """Keys of an agent and two engines, of which the second is not listed any more."""
    folder = tmp_path_factory.mktemp("keys") / "keys"
    for name in ("engine", "dismissed"):
        made = run_architecto("keys", folder, "--engine", name)
        assert made.returncode == 0, made.stderr
    (folder / "engines" / "dismissed.key").unlink()
    return folder


@pytest.fixture(scope="module")
def agent(python, folder):
    log = folder.parent / "agent.log"
    options = ("--scorer", "uniform", "--endpoint", "tcp://127.0.0.1:*", "--keys", str(folder))
    agent = ServingAgent(python, log, *options)
    yield agent
    agent.close()


def search(project, agent: ServingAgent, *options: str | Path) -> subprocess.Popen:
    program = project / "racket" / "run-search.rkt"
    return subprocess.Popen(
        ["racket", program, "--connect", agent.endpoint, "--deadline", "2", *options],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refusal(engine: subprocess.Popen) -> str:
    """What an engine says that ends by itself."""
    engine.wait(timeout=600)
    _, errors = engine.communicate()
    assert engine.returncode == 1
    assert len(errors.splitlines()) == 1
    return errors


def test_secret_keys_are_for_their_owner_alone(folder):
    assert folder.stat().st_mode & 0o777 == 0o700
    secrets = sorted(folder.glob("*.key_secret"))
    assert [file.name for file in secrets] == [
        "agent.key_secret",
        "dismissed.key_secret",
        "engine.key_secret",
    ]
    assert {file.stat().st_mode & 0o777 for file in secrets} == {0o600}
    secret = keys.secret(folder / "agent.key_secret")[1]
    assert all(secret not in file.read_bytes() for file in folder.rglob("*.key"))


def test_an_engine_that_is_listed_searches_over_tcp(project, agent, folder):
    engine = search(project, agent, "--key", folder / "engine.key_secret")
    with pytest.raises(subprocess.TimeoutExpired):  # uniform, without trials: for ever
        engine.wait(timeout=8)
    engine.kill()
    assert engine.communicate()[1] == ""


def test_an_engine_that_is_not_listed_is_told_which_key_file_to_look_at(project, agent, folder):
    file = folder / "dismissed.key_secret"
    errors = refusal(search(project, agent, "--key", file))
    assert "did not answer a hello request within 2 s" in errors
    assert errors.endswith(f"does it list the key of {file}?\n")


def test_an_engine_without_a_key_is_told_how_to_make_one(project, agent, folder, tmp_path):
    assert "needs a key file" in refusal(search(project, agent))
    none = refusal(search(project, agent, "--key", tmp_path / "none"))
    assert f"no public-key in {tmp_path}/none" in none
    (tmp_path / "open.key_secret").write_bytes((folder / "engine.key_secret").read_bytes())
    (tmp_path / "open.key_secret").chmod(0o644)
    assert "chmod 600" in refusal(search(project, agent, "--key", tmp_path / "open.key_secret"))


def curve(public: bytes, secret: bytes, server: bytes) -> dict[str, bytes]:
    return {"curve_publickey": public, "curve_secretkey": secret, "curve_serverkey": server}


def test_nobody_else_gets_a_byte(agent, folder):
    server = zmq.auth.load_certificate(folder / "agent.key")[0]
    own = zmq.auth.load_certificate(folder / "engine.key_secret")
    strangers = {
        "no key": {},
        "a key of its own": curve(*zmq.curve_keypair(), server),
        "a key that was listed": curve(
            *zmq.auth.load_certificate(folder / "dismissed.key_secret"), server
        ),
        "another agent's key": curve(*own, zmq.curve_keypair()[0]),
        "a password": {"plain_username": b"engine", "plain_password": b"engine"},
    }
    for name, options in strangers.items():
        stranger = Engine(agent.endpoint, "stranger", **options)
        stranger.send("hello", engine="x", problem="cnn", task="none", facts={})
        assert not stranger.socket.poll(500), name
        stranger.close()
    friend = Engine(agent.endpoint, "friend", **curve(*own, server))
    assert friend.hello()["type"] == "hello_reply"
    friend.close()


def test_the_scorer_is_swapped_with_a_listed_key_alone(agent, folder):
    assert swap.use_scorer(agent.endpoint, "random", folder / "engine.key_secret") == "random"
    with pytest.raises(swap.SwapError, match="name the file of a listed key with --key"):
        swap.use_scorer(agent.endpoint, "random")
    with pytest.raises(swap.SwapError, match=r"does it list the key of .*dismissed"):
        swap.use_scorer(agent.endpoint, "random", folder / "dismissed.key_secret", patience_s=0.5)


@pytest.mark.parametrize("spec", ["{}:Scorer", "{}:None", "scorer_of_a_stranger:Scorer"])
def test_no_file_of_a_scorer_is_loaded_over_tcp(agent, folder, tmp_path, spec):
    file, trace = tmp_path / "scorer_of_a_stranger.py", tmp_path / "it was run"
    file.write_text(f"open({str(trace)!r}, 'w')\nclass Scorer: pass\n")
    with pytest.raises(swap.SwapError, match="over tcp, others only from an agent started with"):
        swap.use_scorer(agent.endpoint, spec.format(file), folder / "engine.key_secret")
    assert not trace.exists()


def test_files_of_scorers_are_loaded_over_tcp_where_the_agent_allows_it(python, folder, tmp_path):
    options = ("--scorer", "uniform", "--endpoint", "tcp://127.0.0.1:*", "--keys", str(folder))
    agent = ServingAgent(python, tmp_path / "agent.log", *options, "--allow-scorer-files")
    file = tmp_path / "own.py"
    file.write_text(
        "from architecto.scorers.uniform import UniformScorer\n"
        "class Own(UniformScorer):\n    name = 'own'\n"
    )
    key = folder / "engine.key_secret"
    assert swap.use_scorer(agent.endpoint, f"{file}:Own", key) == "own"
    agent.close()


def test_a_refused_scorer_is_not_run_over_ipc_either(python, tmp_path):
    agent = ServingAgent(python, tmp_path / "agent.log", "--scorer", "uniform")
    file, trace = tmp_path / "wrong.py", tmp_path / "it was run"
    file.write_text(f"open({str(trace)!r}, 'w')\nclass Scorer: pass\n")
    for spec in (f"{file}:Other", f"{file}:not a name", f"{file}", f"{file}:"):
        with pytest.raises(swap.SwapError, match="the agent keeps its scorer"):
            swap.use_scorer(agent.endpoint, spec)
    assert not trace.exists()
    agent.close()


def test_key_files_that_cannot_be_used_are_one_line(run_architecto, folder, tmp_path):
    again = run_architecto("keys", folder)
    assert again.returncode == 2
    assert again.stderr.startswith(f"architecto keys: {folder}/engine.key_secret exists: ")
    assert run_architecto("keys", folder, "--engine", "agent").returncode == 2
    (tmp_path / "file").write_text("")
    below = run_architecto("keys", tmp_path / "file" / "keys")
    assert (below.returncode, below.stderr) == (
        2,
        f"architecto keys: cannot write keys to {tmp_path}/file/keys: Not a directory\n",
    )


def test_an_agent_that_cannot_listen_is_one_line(agent, folder, python, tmp_path):
    for endpoint, keys_folder, reason in [
        ("tcp://127.0.0.1:*", tmp_path, "no keys in"),
        (agent.endpoint, folder, f"endpoint {agent.endpoint}: Address already in use\n"),
    ]:
        options = ["--scorer", "uniform", "--endpoint", endpoint, "--keys", keys_folder]
        with subprocess.Popen(
            [python, "-m", "architecto", "serve", *options],
            stdin=subprocess.PIPE,  # open: an agent whose stdin is closed ends by itself
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            errors = process.stderr.read()
        assert process.returncode == 2
        assert len(errors.splitlines()) == 1 and reason in errors


def test_tcp_without_keys_is_refused():
    from architecto.conversation import endpoint

    with pytest.raises(EndpointError, match="tcp needs keys: make them with"):
        endpoint.check("tcp://127.0.0.1:5555")
