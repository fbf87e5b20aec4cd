"""The journal file of a study, Optuna's, made whole again where a part of it is damaged.

A line is one change: a study begins, a trial begins, something becomes known of a trial. Trials
have no number of their own: the n-th that begins is number n - 1. Where the line with which one
begins is lost, an empty one is put in its place, so that what is known of later ones stays theirs.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import NoneType
from typing import IO, Any

from optuna.storages.journal._storage import JournalOperation

from architecto import json_lines
from architecto.evaluators.base import Evaluation

NAME = "architecto"
"""The name of the one study in the journal."""
MAXIMIZE = 2
"""Optuna's number for the direction of the study."""


def is_damaged(journal: Path) -> bool:
    """Is there a line that cannot be read, or one that speaks of a trial that never began?

    Raises ValueError if no line of it can be used.
    """
    return _lines(journal) != _mended(journal)


def mend(journal: Path, lock: IO[bytes], say: Callable[[str], None]) -> IO[bytes]:
    """Make a damaged journal whole. Gives the lock on the file that replaces it."""
    bad: list[int] = []
    bad += [start for start, _, line in json_lines.read(journal, bad) if not _is_change(line)]
    fresh = journal.with_name(journal.name + ".new")
    write_mended(journal, fresh)
    json_lines.set_aside(journal, bad, say, blank=False)  # whole until it is replaced
    new_lock = open(fresh, "r+b")  # noqa: SIM115 (held until the study is closed)
    fcntl.flock(new_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.replace(fresh, journal)
    lock.close()
    return new_lock


def write_mended(journal: Path, fresh: Path) -> None:
    """Write a journal that is whole; the damaged one is left as it is."""
    lines = _mended(journal)
    with fresh.open("wb") as file:
        file.writelines(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())


def _lines(journal: Path) -> list[dict[str, Any] | None]:
    """Every line that ends; None where one cannot be read."""
    bad: list[int] = []
    at = {start: record for start, _, record in json_lines.read(journal, bad)}
    return [at.get(start) for start in sorted([*at, *bad])]


def _mended(journal: Path) -> list[dict[str, Any]]:
    lines = [line for line in _lines(journal) if line is not None and _is_change(line)]
    if not lines and journal.stat().st_size:
        raise ValueError("no line of it is a change of a study")
    mark = {"worker_id": "mended"}
    study = {"op_code": JournalOperation.CREATE_STUDY, **mark, "study_name": NAME}
    trial = {"op_code": JournalOperation.CREATE_TRIAL, **mark, "study_id": 0}
    trial["datetime_start"] = "1970-01-01T00:00:00+00:00"
    whole: list[dict[str, Any]] = []
    if lines and lines[0]["op_code"] != JournalOperation.CREATE_STUDY:
        whole.append(study | {"directions": [MAXIMIZE]})
    begun = 0
    for line in lines:
        begun += line["op_code"] == JournalOperation.CREATE_TRIAL
        number = line.get("trial_id", -1)
        while isinstance(number, int) and begun <= number < len(lines):
            whole.append(trial)
            begun += 1
        whole.append(line)
    return whole


def _is_change(line: dict[str, Any]) -> bool:
    """Can Optuna and the study read this line?"""
    try:
        for name in ("datetime_start", "datetime_complete"):
            if line.get(name) is not None:
                datetime.fromisoformat(line[name])
        if "evaluation" in line.get("user_attr", {}):
            Evaluation.from_json(line["user_attr"]["evaluation"])
        if (line.get("study_name", NAME), line.get("study_id", 0)) != (NAME, 0):
            return False
        kinds = _FIELDS[line["op_code"]] | {"worker_id": str}
        return all(isinstance(line[name], kind) for name, kind in kinds.items())
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


_FIELDS: dict[int, dict[str, Any]] = {
    JournalOperation.CREATE_STUDY: {"study_name": str, "directions": list},
    JournalOperation.CREATE_TRIAL: {"study_id": int, "datetime_start": str},
    JournalOperation.SET_TRIAL_STATE_VALUES: {
        "trial_id": int,
        "state": int,
        "values": (list, NoneType),
        "datetime_complete": str,
    },
    JournalOperation.SET_TRIAL_INTERMEDIATE_VALUE: {
        "trial_id": int,
        "step": int,
        "intermediate_value": (int, float),
    },
    JournalOperation.SET_TRIAL_USER_ATTR: {"trial_id": int, "user_attr": dict},
    JournalOperation.SET_TRIAL_SYSTEM_ATTR: {"trial_id": int, "system_attr": dict},
    JournalOperation.SET_STUDY_USER_ATTR: {"study_id": int, "user_attr": dict},
    JournalOperation.SET_STUDY_SYSTEM_ATTR: {"study_id": int, "system_attr": dict},
}
"""What each change says that a study or a person's note in it makes, and of what kind that is."""
