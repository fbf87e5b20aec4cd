"""Spaces as a user meets them: budgets, extremes, canonical forms, files of one's own."""

import csv
import itertools
import os
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(
    os.environ.get(
        "ARCHITECTO_NAS_BENCH_201", ROOT.parent / "shared" / "nas-bench-201" / "cifar10.csv"
    )
)
OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")


@pytest.fixture
def questions(run_program):
    """Ask `questions.rkt`: `questions("count", "--space", "mlp", lines="…")`."""

    def ask(*arguments: str | Path, lines: str = ""):
        return run_program("racket", "racket/questions.rkt", *arguments, input=lines)

    return ask


def cells() -> list[tuple[int, int]]:
    """Parameters and multiply-adds of every cell of NAS-Bench-201, by the published skeleton."""
    found = []
    for cell in itertools.product(OPERATIONS, repeat=6):
        small, large = cell.count("nor_conv_1x1"), cell.count("nor_conv_3x3")
        parameters = 73306 + 28000 * small + 243040 * large
        macs = (432 + 7168 + 3840 * small + 34560 * large) * 1024 + 640
        found.append((parameters, macs))
    return found


def totals(questions, *space: str | Path, lines: str) -> list[dict[str, int]]:
    """What each network costs, by quantity."""
    described = questions("describe", *space, "-", lines=lines).stdout
    pattern = r"^total +(\d+) activations, (\d+) layers .* (\d+) +(\d+)$"
    names = ("activations", "depth", "params", "macs")
    return [
        dict(zip(names, map(int, found), strict=True))
        for found in re.findall(pattern, described, re.MULTILINE)
    ]


@pytest.mark.parametrize("budget", [("--max-macs", 90_000_000), ("--min-macs", 150_000_000),
                                    ("--min-params", 400_000)])  # fmt: skip
def test_budgets_are_those_of_all_cells(budget: tuple[str, int], questions) -> None:
    option, bound = budget
    values = [cell[option.endswith("macs")] for cell in cells()]
    expected = sum(v <= bound if "max" in option else v >= bound for v in values)
    said = questions("count", "--space", "nas-bench-201", option, str(bound))
    assert said.stdout == f"{expected}\n", said.stderr


def test_budgets_are_those_of_all_residual_networks(questions) -> None:
    """Every network of a small space is drawn; each budget leaves those that it should."""
    space = ("--space", "resnet", "--max-params", "4000")
    drawn = questions("sample", *space, "-n", "1000")
    assert "at most 4000 parameters" in drawn.stderr and drawn.returncode == 1
    count = len(drawn.stdout.splitlines())
    assert questions("count", *space).stdout == f"{count}\n"
    found = totals(questions, lines=drawn.stdout)
    assert len(found) == count
    for option in ("--max-depth", "--min-activations", "--max-macs"):
        values = sorted(total[option[6:]] for total in found)
        middle = values[count // 2]
        expected = sum(v <= middle if "max" in option else v >= middle for v in values)
        said = questions("count", *space, option, str(middle))
        assert said.stdout == f"{expected}\n", option
    for command, best in (("smallest", min), ("largest", max)):
        said = questions(command, *space, "--by", "macs", "--timeout", "60")
        assert int(said.stderr.split()[1]) == best(total["macs"] for total in found)
        assert "best found" not in said.stderr


@pytest.mark.skipif(not TABLE.is_file(), reason=f"no table at {TABLE}")
def test_canonical_cells_are_unions_of_the_tables_classes(run_program) -> None:
    """The table's classes are finer: each lies within one of the 4,930 canonical forms."""
    with TABLE.open(encoding="utf-8") as file:
        rows = [(row["arch"], row["isomorphism_class"]) for row in csv.DictReader(file)]
    program = """
        (require racket/string (file "racket/networks/space.rkt"))
        (define space (load-space "nas-bench-201"))
        (for ([line (in-lines)])
          (define cell `(cell ,@(map string->symbol (string-split line))))
          (define architecture `(architecture (input 3 32 32) (,cell (linear 64 10))))
          (writeln (list ((space-table-key space) architecture)
                         ((space-canonical space) architecture))))
    """
    lines = "\n".join(" ".join(re.findall(r"\|?([a-z_0-9]+)~\d", arch)) for arch, _ in rows)
    said = run_program("racket", "-l", "racket/base", "-e", program, input=lines)
    forms = said.stdout.splitlines()
    assert len(forms) == len(rows) == 15625, said.stderr
    of_class: dict[str, set[str]] = defaultdict(set)
    for (arch, number), form in zip(rows, forms, strict=True):
        name, canonical = re.match(r'\("?([^" ]+)"? (.*)\)$', form).groups()
        assert name == arch
        of_class[number].add(canonical)
    assert len(of_class) == 6466
    assert all(len(found) == 1 for found in of_class.values())
    assert len(set.union(*of_class.values())) == 4930


OTHER_INPUTS = {
    "tabular": ("features:1", "features:500", "table:1,1,2", "table:20,30,2000"),
    "series": ("series:1,8", "series:3,1", "series:9,10000", "series:1000,10000"),
    "text": ("tokens:1,2", "tokens:16,30000", "tokens:2000,300"),
    "language-model": ("tokens:1,2", "tokens:8,12", "tokens:32,10000", "tokens:1024,96"),
}


@pytest.mark.parametrize("space", OTHER_INPUTS)
def test_spaces_take_small_and_large_inputs(space: str, questions) -> None:
    """Within their own budgets: short and long, few and many."""
    for shape in OTHER_INPUTS[space]:
        classes = shape.rpartition(",")[2] if space == "language-model" else "3"
        options = ("--space", space, "--input", shape, "--classes", classes)
        drawn = questions("sample", *options, "-n", "5")
        assert len(drawn.stdout.splitlines()) == 5, (shape, drawn.stderr)
        assert questions("check", *options, "-", lines=drawn.stdout).stdout == "yes\n" * 5


LAYERS = {
    "tabular": "category-embedding linear residual batch-norm1d layer-norm dropout",
    "series": "avg-pool1d max-pool1d conv1d concat residual gru lstm transformer-block "
    "adaptive-avg-pool1d adaptive-max-pool1d last-state mean-pool",
    "text": "embedding embedding-bag conv1d concat residual gru lstm transformer-block last-token",
    "language-model": "embedding positional-embedding causal-transformer-block layer-norm",
}


@pytest.mark.parametrize("space", LAYERS)
def test_samples_are_of_all_depths_and_kinds(space: str, questions) -> None:
    options = ("--input", "table:6,3,20") if space == "tabular" else ()
    drawn = questions("sample", "--space", space, *options, "-n", "150").stdout
    assert set(LAYERS[space].split()) <= set(re.findall(r"\(([a-z0-9-]+)", drawn))
    assert "(residual () ())" not in drawn
    depths = {line.count(" (") for line in drawn.splitlines()}
    assert len(depths) >= 6


def test_language_models_keep_hard_budgets(questions) -> None:
    """Each block has heads and hidden features of its own, and the last layers are paid for."""
    budgets = ("--max-params", "30000", "--max-macs", "1200000")
    space = ("--space", "language-model", "--input", "tokens:32,50", "--classes", "50")
    drawn = questions("sample", *space, *budgets, "-n", "100").stdout
    found = totals(questions, lines=drawn)
    assert len(found) == 100
    assert max(total["params"] for total in found) <= 30000
    assert max(total["macs"] for total in found) <= 1_200_000
    blocks = [
        re.findall(r"\(causal-transformer-block \d+ (\d+ \d+)\)", n) for n in drawn.split("\n")
    ]
    assert {len(each) for each in blocks if each} >= {1, 2, 3, 4}
    assert any(len(set(each)) > 2 for each in blocks)


def test_the_template_of_a_space_works_as_it_is(
    run_architecto, run_program, questions, tmp_path: Path
) -> None:
    template = run_architecto("new-space", "tiny").stdout
    readme = (ROOT / "racket/networks/README.md").read_text(encoding="utf-8")
    assert template in readme
    assert len([line for line in template.splitlines() if line.strip()]) <= 25
    file = tmp_path / "tiny.rkt"
    file.write_text(template)
    drawn = questions("sample", "--space", file, "-n", "5")
    assert len(drawn.stdout.splitlines()) == 5, drawn.stderr
    assert questions("check", "--space", file, "-", lines=drawn.stdout).stdout == "yes\n" * 5
    found = run_program("racket", "racket/run-search.rkt", "--space", file, "--feasible")
    assert found.returncode == 0 and found.stdout.startswith("(architecture "), found.stderr


@pytest.mark.parametrize(
    ("quantity", "most"), [("macs", 500_000), ("activations", 3000), ("depth", 6)]
)
def test_a_space_has_budgets_of_its_own(
    quantity: str, most: int, run_architecto, questions, run_program, tmp_path: Path
) -> None:
    """Every question keeps them, and an option takes their place."""
    file, plain = tmp_path / "tiny.rkt", tmp_path / "plain.rkt"
    plain.write_text(run_architecto("new-space", "tiny").stdout)
    file.write_text(
        plain.read_text().replace(
            "#:max-params 50000", f"#:max-params 50000 #:max-{quantity} {most}"
        )
    )
    drawn = questions("sample", "--space", file, "-n", "10000")
    costs = [total[quantity] for total in totals(questions, lines=drawn.stdout)]
    all_drawn = questions("sample", "--space", plain, "-n", "10000")
    all_costs = [total[quantity] for total in totals(questions, lines=all_drawn.stdout)]
    assert 0 < len(costs) == sum(cost <= most for cost in all_costs) < len(all_costs)
    assert questions("count", "--space", file).stdout == f"{len(costs)}\n"
    option = (f"--max-{quantity}", str(max(all_costs)))
    assert questions("count", "--space", file, *option).stdout == f"{len(all_costs)}\n"

    over = all_drawn.stdout.splitlines()[all_costs.index(max(all_costs))]
    word = f"{quantity} is {max(all_costs)}, over the budget of {most}"
    for command in ("check", "describe"):
        said = questions(command, "--space", file, "-", lines=over)
        assert said.stdout.splitlines()[-1] == f"no: valid, but {word}" and said.returncode == 1
    assert questions("check", "--space", file, "-", *option, lines=over).stdout == "yes\n"
    filled = questions("complete", "--space", file, "-", lines=over)
    assert filled.stdout == "" and filled.returncode == 1
    largest = questions("largest", "--space", file, "--by", "macs")
    assert totals(questions, lines=largest.stdout)[0][quantity] <= most
    engine = ("racket", "racket/run-search.rkt", "--feasible", "--space", file)
    assert run_program(*engine).returncode == 0
    none = run_program(*engine, f"--max-{quantity}", "1")
    assert none.returncode == 2 and "at most 50000 parameters, at most 1 " in none.stderr


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [("#:input (1 28 28)", "#:input (1 28)", 6), ("(architectureo arch", "(architectur arch", 10)],
)
def test_a_mistake_in_a_space_is_told_with_file_and_line(
    old: str, new: str, line: int, run_architecto, questions, tmp_path: Path
) -> None:
    file = tmp_path / "wrong.rkt"
    file.write_text(run_architecto("new-space", "wrong").stdout.replace(old, new))
    said = questions("sample", "--space", file)
    assert said.returncode == 2 and said.stderr.count("\n") == 1
    assert f"wrong.rkt:{line}" in said.stderr, said.stderr


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("account charged)", "account)", "layero: arity mismatch"),
        ("'(8 16 32 64)", "'(8 a)", "infd: not a domain"),
        ("(layero `(conv2d ", "(layero `(convv2d ", "unknown layer convv2d; "),
        ("#:ends-with (linear 1 classes)", "#:ends-with (linear 1)", "#:ends-with: expected"),
    ],
)
def test_a_mistake_that_shows_when_a_space_is_searched(
    old: str, new: str, words: str, run_architecto, questions, tmp_path: Path
) -> None:
    template = run_architecto("new-space", "wrong").stdout
    assert old in template
    file = tmp_path / "wrong.rkt"
    file.write_text(template.replace(old, new, 1))
    said = questions("sample", "--space", file)
    assert said.returncode == 2 and said.stderr.count("\n") == 1
    assert said.stderr.startswith(f"sample: the space file {file}: ") and words in said.stderr


def test_a_space_that_never_ends_is_left_in_time(questions, tmp_path: Path) -> None:
    file = tmp_path / "endless.rkt"
    file.write_text("""#lang racket/base
(require architecto)
(define-space (endless architecture input classes #:account account)
  "goes on for ever" #:input (1 28 28) #:classes 10 #:max-params 50000
  (fresh (layers) (architectureo architecture input layers) (goes-ono layers)))
(defrel (goes-ono layers) (goes-ono layers))
""")
    said = questions("sample", "--space", file, "--timeout", "1")
    assert (said.stdout, said.returncode) == ("", 1)
    assert said.stderr == "sample: 0 of 1 found, and then no other for 1 seconds; more: --timeout\n"
    assert questions("count", "--space", file, "--timeout", "1").stdout == "at least 0\n"
