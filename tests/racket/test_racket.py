"""Racket's own tests: the files with a `test` submodule, run by `raco test`."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUBMODULE = re.compile(r"^\(module[+*]? test\b", re.MULTILINE)


def racket_files() -> dict[str, str]:
    """The Racket files under racket/ and tests/ by their path from the root: their text."""
    files = [*(ROOT / "racket").rglob("*.rkt"), *(ROOT / "tests").rglob("*.rkt")]
    return {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in files}


WITH_TESTS = sorted(file for file, text in racket_files().items() if SUBMODULE.search(text))


@pytest.mark.parametrize("files", [WITH_TESTS[0::2], WITH_TESTS[1::2]], ids=["even", "odd"])
def test_racket_files(files: list[str], run_program) -> None:
    """Many files in one process: half of a file's time would be the start of Racket."""
    result = run_program("raco", "test", "--no-run-if-absent", *files)
    assert result.returncode == 0, f"raco test\n{result.stdout}{result.stderr}"
    assert re.search(r"^[1-9]\d* tests passed", result.stdout + result.stderr, re.MULTILINE)


def test_no_file_of_tests_is_left_out() -> None:
    checking = {file for file, text in racket_files().items() if re.search(r"\brackunit\b", text)}
    assert checking == set(WITH_TESTS), "a file of tests needs a test submodule"
