"""Places that cannot be used: each is one clear line, status 2, and nothing is left running."""

from __future__ import annotations

import dataclasses
import os
import socket
import sys
from pathlib import Path

import pytest
from serving_agent import ServingAgent

from architecto.conversation import endpoint
from architecto.runs import configuration
from architecto.runs.configuration import Configuration


def test_a_run_below_a_plain_file(run_architecto, tmp_path):
    (tmp_path / "file").write_text("")
    result = run_architecto("run", "--run", tmp_path / "file" / "run")
    assert result.returncode == 2
    assert result.stderr == (
        f"architecto run: cannot write the run to {tmp_path}/file/run: Not a directory\n"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_under_the_trace(run_architecto, tmp_path):
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    dataclasses.replace(Configuration(), scorer="random", trials=1).save(run_dir)
    (run_dir / "trace.jsonl").symlink_to("/dev/full")
    result = run_architecto("resume", run_dir)
    assert result.returncode == 2
    assert "No space left on device" in result.stderr
    assert "Traceback" not in result.stdout + result.stderr


def test_a_run_that_is_there_already(run_architecto, tmp_path):
    result = run_architecto("run", "--run", tmp_path)
    assert result.returncode == 2
    assert f"{tmp_path} exists: choose another --run, or " in result.stderr
    assert result.stderr.endswith(f"architecto resume {tmp_path}\n")


@pytest.mark.parametrize("name", ["./a b; touch x", "./it's $(touch x) `touch x`", "-n/*~&|<>"])
def test_commands_that_are_shown_can_be_typed(run_architecto, run_program, tmp_path, name):
    """The shell passes each name on as it is, and does nothing else."""
    run_dir = tmp_path / name
    run_dir.mkdir(parents=True)
    (run_dir / "configuration.json").write_text("[]")
    shown = run_architecto("run", f"--run={name}", cwd=tmp_path).stderr.strip()
    result = run_program("sh", "-c", shown.partition(" or ")[2], cwd=tmp_path)
    assert result.returncode == 2
    assert f"{Path(name)}/configuration.json cannot be read" in result.stderr
    assert not (tmp_path / "x").exists()


def test_no_name_of_a_run_reaches_the_terminal_with_control_characters(run_architecto, tmp_path):
    result = run_architecto("best", "./a\x1b[2Jb\nc", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1 and result.stderr[:-1].isprintable()


def test_a_configuration_that_was_cut_off(run_architecto, tmp_path):
    (tmp_path / "configuration.json").write_text('{"space": "cnn"')
    result = run_architecto("resume", tmp_path)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1


def test_an_endpoint_in_use(tmp_path):
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "agent"))
        other.listen()
        with pytest.raises(endpoint.EndpointError, match="another process listens there"):
            endpoint.check(f"ipc://{tmp_path}/agent")


def test_an_endpoint_that_a_dead_process_left_can_be_used_again(tmp_path):
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "agent"))
    endpoint.check(f"ipc://{tmp_path}/agent")


def test_what_lies_beside_a_socket_of_the_users_choice_stays(python, tmp_path):
    """Whatever the directory is called, and the directory itself."""
    directory = tmp_path / "architecto-main"
    directory.mkdir()
    (directory / "thesis.txt").write_text("mine")
    agent = ServingAgent(python, tmp_path / "log", "--endpoint", f"ipc://{directory}/sock")
    agent.process.terminate()
    agent.process.communicate()
    assert [path.name for path in directory.iterdir()] == ["thesis.txt"]
    place = f"ipc://{directory}/thesis.txt"
    with pytest.raises(endpoint.EndpointError, match="a file is there that is no socket"):
        endpoint.check(place)
    endpoint.remove(place, directory=True)
    assert (directory / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("ipc:///tmp/" + "x" * 120, "the limit is 103"),
        ("ipc:///no/such/directory/agent", "there is no directory"),
        ("tcp://127.0.0.1:5555", "tcp needs keys: make them with"),
        ("udp://127.0.0.1:5555", "expected ipc://PATH or tcp://ADDRESS:PORT"),
    ],
)
def test_an_endpoint_that_cannot_be_used(run_architecto, place, reason):
    result = run_architecto("serve", "--endpoint", place)
    assert result.returncode == 2
    assert reason in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_fresh_endpoint_is_for_its_owner_alone(tmp_path):
    place = endpoint.fresh()
    directory = Path(place.removeprefix("ipc://")).parent
    assert directory.stat().st_mode & 0o777 == 0o700
    endpoint.remove(place, directory=True)
    assert not directory.exists()
    endpoint.write_connection(tmp_path / "connection.json", place)
    assert (tmp_path / "connection.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--space", "nope"], "unknown search space 'nope'; known are cnn"),
        (["--space", "nope.rkt"], "unknown search space 'nope.rkt'"),
        (["--dataset", "nope"], "data set: got 'nope', expected digits"),
        (["--scorer", "nope"], "got 'nope', expected"),
        (["--scorer", "nope.py:Class"], "nope.py"),
        (["--trials", "0"], "got 0, expected a whole number from 1 on"),
        (["--seed", "-1"], "got -1, expected a whole number from 0 on"),
        (["--device", "tpu"], "unknown device 'tpu'"),
        (["--strategy", "nope"], "unknown strategy 'nope'"),
        (["--max-params", "5"], "at most 5 parameters"),
        (["--max-macs", "5"], "at most 50000 parameters, at most 5 MACs; raise the budget"),
        (["--max-activations", "5"], "at most 5 activations"),
        (["--max-depth", "3"], "at most 3 layers"),
        (["--run", "a b"], "bad name of a run 'a b'"),
        (["--no-such-option"], "unrecognized arguments"),
    ],
)
def test_bad_input_is_one_line_and_imports_no_torch(run_program, python, tmp_path, options, reason):
    program = (
        "import sys\nfrom architecto import cli\n"
        "try: status = cli.main(sys.argv[1:])\n"
        "except SystemExit as exit: status = exit.code\n"
        "sys.exit(3 if 'torch' in sys.modules else status)"
    )
    result = run_program(python, "-c", program, "run", *options, cwd=tmp_path)
    assert result.returncode == 2, result.stderr
    assert reason in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "device", ["cuda", "cuda:99", *(["mps"] if sys.platform == "linux" else [])]
)
def test_a_device_that_is_not_there(run_architecto, tmp_path, device):
    """Told before the folder of the run is made; here all graphics cards are hidden."""
    hidden = {"CUDA_VISIBLE_DEVICES": ""}
    result = run_architecto("run", "--device", device, cwd=tmp_path, env=hidden)
    assert result.returncode == 2
    assert result.stderr.startswith(f"architecto run: --device is {device}, and PyTorch finds none")
    assert "this machine has: cpu" in result.stderr and result.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_no_racket_on_path(run_architecto, tmp_path):
    result = run_architecto("run", env={"PATH": str(tmp_path)}, cwd=tmp_path)
    assert result.returncode == 2
    assert "no racket on PATH" in result.stderr


SPACE = """\
#lang racket/base
(require (file "{project}/racket/main.rkt"))
(define-space (wrong architecture input classes parameters)
  "answers that are no architectures"
  #:input (1 8 8) #:classes 10 #:max-params 1000
  (fresh (x) (== parameters 7) (conde [(== x 1)] [(== x 2)])
    (== architecture `(net ,x))))
"""


def test_answers_that_are_no_architectures_are_one_line(run_architecto, project, tmp_path):
    (tmp_path / "wrong.rkt").write_text(SPACE.format(project=project))
    options = ("--space", tmp_path / "wrong.rkt", "--run", tmp_path / "run", "--scorer", "random")
    result = run_architecto("run", *options, timeout=600)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1), result.stderr
    assert result.stderr.startswith("architecto run: (net 1) is no answer of wrong-digits: ")
    assert "expected (architecture (input C H W) (LAYER …))" in result.stderr
    assert not (tmp_path / "run").exists()


def test_an_answer_that_is_no_architecture_ends_the_run_in_one_line(
    run_architecto, project, tmp_path
):
    """The first answer is one, which is all that a run asks for before it begins."""
    space = SPACE.format(project=project)
    wrong = "(== architecture `(net ,x))"
    right = "(== architecture '(architecture (input 1 8 8) ((flatten) (linear 64 10))))"
    one_of_two = space.replace(wrong, f"(conde [{right}] [{wrong}])")
    assert one_of_two != space
    (tmp_path / "wrong.rkt").write_text(one_of_two)
    options = ("--space", tmp_path / "wrong.rkt", "--run", tmp_path / "run", "--scorer", "random")
    result = run_architecto("run", *options, timeout=600)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1), result.stderr
    assert result.stderr.startswith(
        f"architecto: the space file {tmp_path}/wrong.rkt: the agent does not take the answer (net "
    )


@pytest.mark.parametrize("command", ["run", "resume", "best", "serve"])
def test_help_names_each_option_with_its_default(run_architecto, command):
    result = run_architecto(command, "--help")
    assert result.returncode == 0
    options = [line for line in result.stdout.splitlines() if line.startswith("  --")]
    assert " ".join(result.stdout.split()).count("(default: ") >= len(options)


def test_names_of_runs_count_up(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        directory = configuration.run_directory(None, Configuration())
        assert directory == Path(f"runs/cnn-digits-00{number}")
        assert configuration.load(directory) == Configuration()
        assert directory.stat().st_mode & 0o777 == 0o700
    assert os.listdir("runs")
