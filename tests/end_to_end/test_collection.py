"""(require architecto) in Racket files outside the checkout, as `make setup` makes it work."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ASK = "(require architecto) (run* (x) (conde [(== x 1)] [(== x 2)]))"
LINK = Path(".make/link-collection.rkt")


@pytest.fixture
def racket(run_program, tmp_path: Path):
    """Racket with an empty folder in place of the user's own, called in another empty folder."""
    (tmp_path / "elsewhere").mkdir()

    def call(*arguments: str | Path, addon: Path = tmp_path / "addon"):
        environment = {"PLTADDONDIR": str(addon)}
        return run_program("racket", *arguments, cwd=tmp_path / "elsewhere", env=environment)

    return call


def test_any_file_of_the_user_requires_it(racket, project: Path) -> None:
    assert "collection not found" in racket("-e", ASK).stderr
    linked = racket(project / LINK)
    assert (linked.returncode, linked.stdout.count("\n")) == (0, 1), linked.stderr
    assert f"means {project}/racket now" in linked.stdout
    assert (racket("-e", ASK).stdout, racket("-e", ASK).stderr) == ("'(1 2)\n", "")
    again = racket(project / LINK)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_the_checkout_that_was_set_up_last_counts(racket, project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "racket").mkdir(parents=True)
    (other / "racket" / "main.rkt").write_text("#lang racket/base\n(displayln 'other)\n")
    (other / ".make").mkdir()
    shutil.copy(project / LINK, other / LINK)
    racket(project / LINK)
    said = racket(other / LINK).stdout
    assert said.endswith(f"means {other}/racket now, and no longer {project}/racket\n")
    assert racket("-e", "(require architecto)").stdout == "other\n"
    shutil.rmtree(other / "racket")  # a checkout that is gone is no obstacle
    racket(project / LINK)
    assert racket("-e", ASK).stdout == "'(1 2)\n"


def test_a_home_that_cannot_be_written_is_one_line(racket, project: Path) -> None:
    said = racket(project / LINK, addon=Path("/proc/none"))
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (0, "", 1)
    assert said.stderr.startswith("set-up: (require architecto) works only in files that are ")
