"""CURVE keys, without which nothing listens on a network: made here, and checked before use.

A folder of keys holds ZeroMQ certificate files:

    agent.key_secret      stays where the agent runs
    agent.key             its public key, which every engine needs
    NAME.key_secret       the key of an engine; goes to its machine, with agent.key beside it
    engines/NAME.key      its public key: the agent accepts those in this folder and no others
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import zmq
import zmq.auth
from zmq.auth.thread import ThreadAuthenticator

from architecto.conversation.endpoint import EndpointError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_DOMAIN = "architecto"
_KEY = re.compile(rb"[ -~]{40}\Z")


class KeyFileError(EndpointError):
    """A key file that cannot be made or used; the message is one line for a person."""


def make(folder: Path, name: str = "engine") -> list[Path]:
    """Make an engine's keys, and the agent's if the folder has none; give the files made.

    Raises KeyFileError if the engine has keys there already, or nothing can be written.
    """
    if not _NAME.match(name) or name == "agent":
        allowed = "letters, digits, dot, underscore and hyphen, and not `agent`"
        raise KeyFileError(f"bad name of an engine {name!r}: expected {allowed}")
    secret = folder / f"{name}.key_secret"
    if os.path.lexists(secret):
        raise KeyFileError(f"{secret} exists: choose another --engine, or another folder")
    before = os.umask(0o077)
    try:
        (folder / "engines").mkdir(parents=True, exist_ok=True)
        made: list[Path] = []
        if not (folder / "agent.key_secret").exists():
            made += map(Path, zmq.auth.create_certificates(folder, "agent"))
        public, _ = zmq.auth.create_certificates(folder, name)
        listed = folder / "engines" / f"{name}.key"
        os.replace(public, listed)
    except OSError as error:
        raise KeyFileError(f"cannot write keys to {folder}: {error.strerror}") from None
    finally:
        os.umask(before)
    return [*made, secret, listed]


def secret(file: Path) -> tuple[bytes, bytes]:
    """The public and the secret key in a file that only its owner may read.

    Raises KeyFileError if it is missing, holds something else, or others may read it.
    """
    public, private = _read(file)
    if private is None or not _KEY.match(private):
        raise KeyFileError(f"{file} holds no secret key: name a .key_secret file")
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise KeyFileError(f"others may read {file}: chmod 600 it")
    return public, private


def public_of_agent(key_file: Path) -> bytes:
    """The agent's public key, from ``agent.key`` beside an engine's key file."""
    return _read(key_file.parent / "agent.key")[0]


def protect(socket: zmq.Socket, folder: Path) -> ThreadAuthenticator:
    """Have a socket, not bound yet, accept the listed engines and nobody else.

    Stop the authenticator that comes back when the socket is closed. Raises KeyFileError.
    """
    public, private = secret(folder / "agent.key_secret")
    listed = sorted((folder / "engines").glob("*.key"))
    if not listed:
        raise KeyFileError(f"no key in {folder / 'engines'}: nobody could connect")
    for file in listed:
        _read(file)
    authenticator = ThreadAuthenticator(socket.context)
    authenticator.start()
    authenticator.configure_curve(domain=_DOMAIN, location=str(folder / "engines"))
    socket.curve_publickey, socket.curve_secretkey = public, private
    socket.curve_server = True
    socket.zap_domain = _DOMAIN.encode()
    socket.set(zmq.ZAP_ENFORCE_DOMAIN, 1)  # without an authenticator nobody gets in
    return authenticator


def introduce(socket: zmq.Socket, key_file: Path) -> None:
    """Give a client's socket, not connected yet, the keys that an agent asks for."""
    public, private = secret(key_file)
    socket.curve_serverkey = public_of_agent(key_file)
    socket.curve_publickey, socket.curve_secretkey = public, private


def _read(file: Path) -> tuple[bytes, bytes | None]:
    try:
        public, private = zmq.auth.load_certificate(file)
    except (OSError, ValueError):
        raise KeyFileError(
            f"no keys in {file}: make them with `python -m architecto keys FOLDER`"
        ) from None
    if not _KEY.match(public):
        raise KeyFileError(f"{file} is damaged: the public key has not 40 characters")
    return public, private
