"""The Racket lint knows the rooms of racket/ and what each may require."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINT = ROOT / ".make" / "lint-racket.rkt"


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#lang racket/base\n{text}\n")


def test_an_arrow_past_a_border_is_named_with_file_and_line(tmp_path, run_program) -> None:
    write(tmp_path / "racket/kanren/core/term.rkt", "(provide t)\n(define t 1)")
    write(tmp_path / "racket/kanren/main.rkt", '(require "core/term.rkt")\n(provide t)')
    write(tmp_path / "racket/search/nodes.rkt", "(provide n)\n(define n 1)")
    write(tmp_path / "racket/networks/good.rkt", '(require "../kanren/main.rkt")\nt')
    # past the face of a room; into a room that is not below; and upwards
    write(tmp_path / "racket/networks/past.rkt", ';;\n(require "../search/nodes.rkt")\nn')
    write(tmp_path / "racket/networks/deep.rkt", '(require "../kanren/core/term.rkt")\nt')
    write(tmp_path / "racket/kanren/core/up.rkt", '(define (go)\n  "../main.rkt")\ngo')
    files = sorted(file.relative_to(tmp_path) for file in tmp_path.rglob("*.rkt"))
    result = run_program("racket", LINT, *files, cwd=tmp_path)
    networks = (
        "racket/networks may require racket/kanren (main.rkt first-order.rkt), "
        "racket/search (frontier.rkt strategy.rkt episode.rkt problem.rkt user-file.rkt)"
    )
    assert result.stdout.splitlines() == [
        'racket/kanren/core/up.rkt:3: "../main.rkt" is a file of racket/kanren; '
        "racket/kanren/core may require no other room",
        'racket/networks/deep.rkt:2: "../kanren/core/term.rkt" is a file of racket/kanren/core; '
        + networks,
        'racket/networks/past.rkt:3: "../search/nodes.rkt" is a file of racket/search; ' + networks,
    ]
    assert result.returncode == 1
    assert run_program("racket", LINT, "racket/networks/good.rkt", cwd=tmp_path).returncode == 0
