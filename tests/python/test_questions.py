"""Questions about spaces: the relations say what PyTorch says, and each question its answer."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from architecto.problems import sexpression

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import validity  # noqa: E402

GOOD = "(architecture (input 1 28 28) ((conv2d 1 32 3 1 1) (max-pool2d 4 4 0) (flatten) {}))"


def ask(run_program, *arguments: str, lines: str, tmp_path: Path):
    file = tmp_path / "architectures.txt"
    file.write_text(lines)
    if arguments[0] in ("complete", "repair", "neighbours"):
        arguments += ("--timeout", "300")  # that of a person is too short for a busy machine
    return run_program("racket", "racket/questions.rkt", *arguments, file)


@pytest.mark.parametrize("space", validity.SPACES)
def test_relations_agree_with_pytorch(space: str) -> None:
    """A few networks of each space, fewer of the large ones; `make bench-validity` tries 10,000."""
    assert validity.main(24 if space == "nas-bench-201" else 80, [space]) == 0


def test_check_names_the_layer_and_the_constraint(run_program, tmp_path: Path) -> None:
    lines = "\n".join(GOOD.format(f"(linear {n} 10)") for n in (1568, 784)) + "\n(nonsense\n"
    said = ask(run_program, "check", lines=lines, tmp_path=tmp_path)
    answers = said.stdout.splitlines()
    assert answers[:2] == ["yes", "no: layer 4, linear: expects 784 inputs, gets 1568"]
    assert answers[2].startswith("error: ")
    assert said.returncode == 2


def test_sample_is_a_function_of_the_seed_and_is_in_the_space(run_program, tmp_path: Path) -> None:
    command = ("racket", "racket/questions.rkt", "sample", "--space", "cnn", "-n", "30")
    one, two, other = (run_program(*command, "--seed", seed).stdout for seed in "112")
    assert one == two != other
    assert len(set(one.splitlines())) == 30
    said = ask(run_program, "check", "--space", "cnn", lines=one, tmp_path=tmp_path)
    assert said.stdout == "yes\n" * 30


@pytest.mark.parametrize("space", validity.SPACES)
def test_each_layer_of_a_network_can_be_found_again(
    space: str, run_program, tmp_path: Path
) -> None:
    """A network of the space, each layer in turn a hole; then all but the first an unknown tail."""
    options = ("--space", space, "--seed", "3", "-n", "1")
    text = run_program("racket", "racket/questions.rkt", "sample", *options).stdout.strip()
    tree = sexpression.read(validity.bare(text))
    head, layers = validity.shown(tree[1]), [validity.shown(layer) for layer in tree[2]]
    around = text.replace(validity.bare(text), "{}")  # its training, where there is one

    def complete(number: int, holes: list[str]) -> list[str]:
        lines = "\n".join(around.format(f"(architecture {head} ({hole}))") for hole in holes)
        options = ("--space", space, "-n", str(number))
        return ask(
            run_program, "complete", *options, lines=lines, tmp_path=tmp_path
        ).stdout.splitlines()

    holes = [" ".join([*layers[:i], "_", *layers[i + 1 :]]) for i in range(len(layers))]
    found = complete(20000, holes)
    assert found.count(text) == len(holes)
    found = [*found[:1000], *complete(10, [f"{layers[0]} . _"])]
    checked = ask(run_program, "check", "--space", space, lines="\n".join(found), tmp_path=tmp_path)
    assert checked.stdout == "yes\n" * len(found)


def test_complete_and_repair(run_program, tmp_path: Path) -> None:
    right = GOOD.format("(linear 1568 10)")
    filled = ask(
        run_program, "complete", lines=GOOD.format("(linear _ 10)"), tmp_path=tmp_path
    ).stdout
    assert filled.splitlines() == [right]
    wrong = GOOD.format("(linear 784 10)")
    repaired = ask(run_program, "repair", "-n", "2", lines=wrong, tmp_path=tmp_path).stdout
    assert repaired.splitlines()[0] == right


def network(layers: str, shape: str = "1 28 28") -> str:
    return f"(architecture (input {shape}) ({layers}))"


@pytest.mark.parametrize(
    ("layers", "filled"),
    [
        (
            "(conv2d 3 128 3 1 1) (flatten) (linear _ 10)",
            ["(conv2d 3 128 3 1 1) (flatten) (linear 131072 10)"],
        ),
        (
            "(conv2d 3 6 3 1 1 _ _) (flatten) (linear 6144 10)",
            [
                "(conv2d 3 6 3 1 1 1 3) (flatten) (linear 6144 10)",
                "(conv2d 3 6 3 1 1) (flatten) (linear 6144 10)",
            ],
        ),
    ],
)
def test_what_a_hole_may_be(layers: str, filled: list[str], run_program, tmp_path: Path) -> None:
    """Inputs that follow have no bound; unknown dilation and groups may be left out."""
    said = ask(run_program, "complete", lines=network(layers, "3 32 32"), tmp_path=tmp_path)
    assert said.stdout.splitlines() == [network(layers, "3 32 32") for layers in filled]


@pytest.mark.parametrize("command", ["check", "complete", "repair", "neighbours"])
def test_the_input_that_is_asked_for(command: str, run_program, tmp_path: Path) -> None:
    given = network("(flatten) (linear 784 10)")
    said = ask(run_program, command, "--input", "3,28,28", lines=given, tmp_path=tmp_path)
    assert "the input: expects 3x28x28, gets 1x28x28" in said.stdout + said.stderr
    assert said.returncode == 1


def test_two_faults_are_repaired_one_after_the_other(run_program, tmp_path: Path) -> None:
    start, end = "(conv2d 1 8 3 1 1) (relu)", "(relu) (adaptive-avg-pool2d 1) (flatten)"
    wrong = network(f"{start} (max-pool2d 9 2 6) (relu) (conv2d 8 32 99 1 1) {end} (linear 32 10)")
    said = ask(run_program, "repair", "-n", "3", lines=wrong, tmp_path=tmp_path)
    found = said.stdout.splitlines()
    assert len(found) == 3 and all("(max-pool2d 9 2 4)" in text for text in found)
    assert validity.ask("check", "-", lines=said.stdout) == ["yes"] * 3


@pytest.mark.parametrize("space", ["cnn", "nas-bench-201", "vit"])
def test_neighbours_are_valid_and_others(space: str, run_program, tmp_path: Path) -> None:
    options = ("--space", space, "--seed", "2")
    text = run_program("racket", "racket/questions.rkt", "sample", *options).stdout
    said = ask(run_program, "neighbours", "-n", "300", lines=text, tmp_path=tmp_path)
    found = said.stdout.splitlines()
    assert len(found) > 40 and text.strip() not in found
    assert set(validity.ask("check", "-", lines=said.stdout)) == {"yes"}


def test_a_number_of_another_layer_repairs_a_join(run_program, tmp_path: Path) -> None:
    layers = "(residual ((conv2d 1 {} 3 1 1)) ((conv2d 1 {} 1 1 0))) (flatten) (linear {} 10)"
    wrong = network(layers.format(25, 99, 77616))
    said = ask(run_program, "repair", "-n", "2", lines=wrong, tmp_path=tmp_path)
    right = [network(layers.format(99, 99, 77616)), network(layers.format(25, 25, 19600))]
    assert said.stdout.splitlines() == right


@pytest.mark.parametrize(
    ("layers", "problem"),
    [
        ("(max-pool2d 2 2 2)", "max-pool2d: padding 2 is more than half of kernel 2"),
        ("(conv2d 6 8 3 1 1 1 3)", "conv2d: 3 groups do not divide 8 output channels"),
        ("(conv2d 96 96 3 1 1 1 96)", "conv2d: expects 96 input channels, gets 6"),
        ("(cell none none none none none none)", "sides are multiples of 4, gets 6x30x28"),
        ("(conv2d 6 8 31 1 0)", "kernel 31 does not fit an input of 6x30x28; the nearest that"),
        ("(linear 28 10)", "linear: expects a sequence of tokens or a vector, gets 6x30x28"),
    ],
)
def test_the_constraint_is_told_in_words(
    layers: str, problem: str, run_program, tmp_path: Path
) -> None:
    said = ask(run_program, "check", lines=network(layers, "6 30 28"), tmp_path=tmp_path)
    assert said.stdout.startswith("no: layer 1, ") and problem in said.stdout


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("(input 6 30 28) ((conv1d 6 8 3 1 1))", "conv1d: expects a series, gets 6x30x28"),
        ("(input series 2 9) ((mean-pool))", "mean-pool: expects a sequence of tokens, gets a "
         "series of 2 channels and 9 steps"),
        ("(input series 2 9) ((conv1d 2 8 11 1 0))", "kernel 11 does not fit an input of a series "
         "of 2 channels and 9 steps; the nearest that does is 9"),
        ("(input tokens 7 11) ((embedding 10 6))", "expects 10 different tokens, gets 11"),
        ("(input tokens 7 11) ((relu))", "relu: expects numbers, which an embedding makes, gets"),
        ("(input tokens 7 11) ((residual () ()))", "residual: expects numbers, which an embedding"),
        ("(input tokens 7 11) ((embedding 11 6) (causal-attention 6 4))",
         "4 heads do not divide 6 features"),
        ("(input tokens 7 11) ((embedding 11 6) (gru 6 4 3))", "directions 3 does not fit an input "
         "of 7 tokens of 6; the nearest that does is 2"),
        ("(input tokens 7 11) ((embedding 11 5) (last-state 2))", "directions 2 does not fit"),
        ("(input table 3 2 9) ((category-embedding 3 2 8 4))", "expects 8 values of categories, "
         "gets 9"),
        ("(input table 3 2 9) ((category-embedding 3 2 9 4) (linear 10 3))", "expects 10 inputs, "
         "gets 11"),
        ("(input features 5) ((embedding 5 6))", "expects numbers of tokens, gets a vector of 5"),
        ("(input tokens 7 11) ((concat ((embedding 11 6)) ((embedding-bag 11 6))))",
         "concat: expects branches that differ in their channels alone, gets 7 tokens of 6 and a "
         "vector of 6"),
        ("(input series 2 9) ((to-sequence))", "the output: expects one number for each class"),
    ],
)  # fmt: skip
def test_the_constraint_is_told_of_series_tokens_and_tables(text: str, answer: str) -> None:
    (said,) = validity.ask("check", "-", lines=f"(architecture {text})")
    assert said.startswith("no: ") and answer in said
    assert validity.runs(f"(architecture {text})") is None


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        (
            "(input series 2 9) ((conv1d _ 8 3 1 1) _ (linear _ 3))",
            {"(input series 2 9) ((conv1d 2 8 3 1 1) (flatten) (linear 72 3))"},
        ),
        (
            "(input tokens 7 11) ((embedding _ 6) (lstm _ 5 2) (last-state _) (linear _ 3))",
            {
                "(input tokens 7 11) ((embedding 11 6) (lstm 6 5 2) "
                f"(last-state {n}) (linear 10 3))"
                for n in (1, 2)
            },
        ),
        (
            "(input tokens _ 11) ((embedding 11 6) (positional-embedding 12 _) (linear 6 11))",
            {"(input tokens 12 11) ((embedding 11 6) (positional-embedding 12 6) (linear 6 11))"},
        ),
        (
            "(input table 3 2 9) (_ (linear 11 1))",
            {"(input table 3 2 9) ((category-embedding 3 2 9 4) (linear 11 1))"},
        ),
        ("(input tokens 7 11) ((relu) . _)", set()),
    ],
)
def test_holes_are_filled_for_every_kind_of_input(
    text: str, filled: set[str], run_program, tmp_path: Path
) -> None:
    said = ask(run_program, "complete", lines=f"(architecture {text})", tmp_path=tmp_path)
    assert set(said.stdout.splitlines()) == {f"(architecture {text})" for text in filled}


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("(input series 2 24) ((conv1d 2 8 31 1 0) (flatten) (linear 8 3))",
         "(input series 2 24) ((conv1d 2 8 31 1 4) (flatten) (linear 16 3))"),
        ("(input tokens 7 11) ((embedding 12 6) (mean-pool) (linear 6 3))",
         "(input tokens 7 11) ((embedding 11 6) (mean-pool) (linear 6 3))"),
        ("(input tokens 7 11) ((embedding 11 6) (causal-transformer-block 6 4 8) (linear 6 11))",
         "(input tokens 7 11) ((embedding 11 6) (causal-transformer-block 6 3 8) (linear 6 11))"),
        ("(input table 3 2 9) ((category-embedding 3 1 9 4) (linear 7 3))",
         "(input table 3 2 9) ((category-embedding 3 2 9 4) (linear 11 3))"),
    ],
)  # fmt: skip
def test_networks_of_every_kind_of_input_are_repaired(
    wrong: str, right: str, run_program, tmp_path: Path
) -> None:
    lines = f"(architecture {wrong})"
    said = ask(run_program, "repair", "-n", "1", lines=lines, tmp_path=tmp_path)
    assert said.stdout == f"(architecture {right})\n"


def test_neighbours_of_sequences_are_valid(run_program, tmp_path: Path) -> None:
    layers = "(embedding 11 6) (gru 6 4 2) (causal-attention 8 2) (last-token) (linear 8 3)"
    text = f"(architecture (input tokens 7 11) ({layers}))"
    said = ask(run_program, "neighbours", "-n", "300", lines=text, tmp_path=tmp_path)
    found = said.stdout.splitlines()
    assert len(found) > 40 and text not in found
    assert set(validity.ask("check", "-", lines=said.stdout)) == {"yes"}
    assert all(validity.runs(text) is not None for text in found)


def test_sampling_ends_where_hardly_any_network_keeps_the_budgets(run_program) -> None:
    budget = ("--min-params", "290000", "--timeout", "1")
    said = run_program("racket", "racket/questions.rkt", "sample", "--space", "inception", *budget)
    assert (said.stdout, said.returncode) == ("", 1)
    assert said.stderr.startswith("sample: 0 of 1 found, and then no other for 1 seconds")


OWN = "at most 50000 parameters (the space's own budget; --max-params asks for another)"


@pytest.mark.parametrize(
    ("options", "found", "cause"),
    [
        (
            "--space tiny.rkt",
            1110,
            f"only 1110 networks for 1x28x28 images and 10 classes with {OWN}",
        ),
        (
            "--space tiny.rkt --max-depth 4",
            3,
            f"3 networks for 1x28x28 images and 10 classes with {OWN}, at most 4 layers",
        ),
        (
            "--space tiny.rkt --max-params 5",
            0,
            "no network for 1x28x28 images and 10 classes with at most 5 parameters",
        ),
        ("--space tiny.rkt --input 1,1,1", 1, "only 1 network for 1x1x1 images and 10 classes"),
        (
            "--space nas-bench-201 --input 3,30,30",
            0,
            "no network for 3x30x30 images and 10 classes",
        ),
    ],
)
def test_fewer_samples_than_asked_for_say_why(
    options: str, found: int, cause: str, run_architecto, tmp_path: Path
) -> None:
    """The space's own budget, those asked for, or neither: it has no others; and status 1."""
    (tmp_path / "tiny.rkt").write_text(run_architecto("new-space", "tiny").stdout)
    said = run_architecto("sample", *options.split(), "-n", "2000", cwd=tmp_path)
    assert (len(said.stdout.splitlines()), said.returncode) == (found, 1)
    assert said.stderr.startswith(f"sample: {found} of 2000 found: the space ")
    assert said.stderr.endswith(f" {cause}\n")


def test_a_training_that_cannot_be_told_from_one_that_can(run_architecto) -> None:
    text = "(network (architecture (input features 2) ((linear 2 2))) (training (batch 8) {}))"
    said = run_architecto("check", "-", input=text.format("(augment flip)"))
    assert "(augment WORD …) is for an input of kind image, got features" in said.stdout
    space = ("--space", "tabular", "--input", "features:2", "--classes", "2")
    unfit = ("--training", "(training (augment flip))")
    bytes_alone = ("--max-memory", "10")
    for more, wrong in (unfit, "--training: (augment"), (bytes_alone, "--max-memory: expected"):
        said = run_architecto("sample", *space, *more)
        assert said.returncode == 2 and said.stderr.startswith(f"sample: {wrong}")
    said = run_architecto("sample", *space, "-n", "1", "--max-params", "1")
    assert "no network for a vector of 2 and 2 classes with" in said.stderr


@pytest.mark.parametrize("question", ["sample", "count", "smallest", "largest", "complete -"])
@pytest.mark.parametrize(
    "answer",
    [
        "'(a b)",
        "'c",
        "'(architecture (input 1 28 28) ((relu) . x))",
        "`(architecture (input 1 28 28) ((linear 784 ,input)))",
        "'(architecture (input 1 28 28) ((relu) (cell none none none none none none)))",
    ],
)
def test_answers_that_are_no_architectures_are_a_mistake_of_the_space(
    question: str, answer: str, run_program, tmp_path: Path
) -> None:
    file = tmp_path / "wrong.rkt"
    file.write_text(f"""#lang racket/base
(require architecto)
(define-space (wrong architecture input classes parameters)
  "no networks" #:input (1 28 28) #:classes 10 #:max-params 50000
  (== architecture {answer}))
""")
    said = run_program(
        "racket", "racket/questions.rkt", *question.split(), "--space", file,
        input="(architecture (input 1 28 28) (_ . _))",
    )  # fmt: skip
    if question == "complete -" and "((" not in answer:
        assert said.returncode == 1 and said.stderr.startswith("complete: nothing completes ")
    else:
        assert (said.stdout, said.returncode) == ("", 2)
        assert said.stderr.startswith(f"{question.split()[0]}: the space file {file}: an answer is")
    assert said.stderr.count("\n") == 1


def test_an_interrupted_question_says_nothing(project: Path) -> None:
    command = ["racket", "racket/questions.rkt", "sample", "--space", "mlp", "-n", "1000000"]
    asked = subprocess.Popen(
        command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    asked.stdout.readline()
    asked.send_signal(signal.SIGINT)
    _, error = asked.communicate(timeout=600)
    assert (asked.returncode, error) == (130, "")


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (("--space", "nas-bench-201"), "15625"),
        (("--space", "nas-bench-201", "--canonical"), "4930"),
        (("--space", "tests/racket/spaces/cnn28.rkt"), "35989"),
    ],
)
def test_count(arguments: tuple[str, ...], count: str, run_program) -> None:
    said = run_program("racket", "racket/questions.rkt", "count", *arguments)
    assert said.stdout == count + "\n", said.stderr


def test_a_count_that_runs_out_of_time_is_a_bound(run_program) -> None:
    said = run_program(
        "racket", "racket/questions.rkt", "count", "--space", "mlp", "--timeout", "1"
    )
    assert re.fullmatch(r"at least [1-9]\d*\n", said.stdout) and said.returncode == 0


@pytest.mark.parametrize(
    ("layers", "problem"),
    [
        ("(conv3d 1 8 3 1 1)", "unknown layer 'conv3d'"),
        ("(conv2d 1 -8 3 1 1)", "expected a whole number of at least 1, got -8"),
        ("(linear 784 1.5)", "expected a whole number of at least 1, got 1.5"),
        ("(flatten", "expected ')'"),
    ],
)
@pytest.mark.parametrize("command", ["check", "complete", "repair", "neighbours", "describe"])
def test_nonsense_is_one_line(
    command: str, layers: str, problem: str, run_program, tmp_path: Path
) -> None:
    text = f"(architecture (input 1 28 28) ({layers}))"
    said = ask(run_program, command, lines=text, tmp_path=tmp_path)
    assert said.stdout.startswith("error: ") and problem in said.stdout
    assert said.stdout.count("\n") == 1 and said.stderr == "" and said.returncode == 2


def test_questions_start_without_heavy_packages(run_program) -> None:
    program = (
        "import sys; from architecto import cli; cli.parser();"
        "print([name for name in ('numpy', 'scipy', 'torch', 'optuna') if name in sys.modules])"
    )
    assert run_program(sys.executable, "-c", program).stdout == "[]\n"


def test_ten_megabytes_of_parentheses(run_program, tmp_path: Path) -> None:
    said = ask(run_program, "check", lines="(" * 10_000_000, tmp_path=tmp_path)
    assert said.returncode == 2
    assert said.stdout.startswith("error: the line has ") and said.stdout.count("\n") == 1


def test_a_normalisation_of_one_number_is_valid_for_batches() -> None:
    """PyTorch refuses to normalise a single number, and takes two images of one number each."""
    text = "(architecture (input 1 1 1) ((group-norm 1 1) (flatten) (linear 1 10)))"
    assert validity.ask("check", "-", lines=text) == ["yes"]
    assert validity.runs(text) is not None
