"""Racket's own tests: each file that has some is one test here, run by `raco test`."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def files_with_tests() -> list[str]:
    """Racket files under racket/ with a test submodule, and all of those under tests/racket."""
    found = list((ROOT / "tests" / "racket").rglob("*.rkt"))
    for file in (ROOT / "racket").rglob("*.rkt"):
        if re.search(r"^\(module[+*]? test\b", file.read_text(encoding="utf-8"), re.MULTILINE):
            found.append(file)
    return sorted(str(file.relative_to(ROOT)) for file in found)


@pytest.mark.parametrize("file", files_with_tests())
def test_racket_file(file: str, run_program) -> None:
    result = run_program("raco", "test", "--quiet", file)
    assert result.returncode == 0, f"raco test {file}\n{result.stdout}{result.stderr}"
