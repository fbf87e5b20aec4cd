"""Questions about architectures and spaces: the command line runs `racket/questions.rkt` and passes
its lines and exit status on. Nothing here imports torch, or knows what a layer is.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from architecto.problems.networks.quantities import QUANTITIES

RACKET = Path(__file__).resolve().parents[2] / "racket"

COMMANDS = {
    "sample": "print N different architectures of a space",
    "check": "say of each architecture whether it is valid, or in a space; else what breaks it",
    "complete": "fill the holes _ of architectures",
    "repair": "print the nearest valid architectures, fewest changes first",
    "neighbours": "print the valid architectures one change away",
    "count": "count the architectures of a space",
    "smallest": "print the architecture of a space with the fewest parameters, or least of --by",
    "largest": "print the architecture of a space with the most parameters, or most of --by",
    "describe": "print shapes, parameters and MACs layer by layer, and what is over a budget",
}
"""Each command of questions.rkt, and what it does."""

READS = ("check", "complete", "repair", "neighbours", "describe")
"""Commands that read architectures, one a line."""

_CHANGE = (
    "A change is one free argument changed, or one layer inserted, removed or replaced; arguments "
    "that must follow from the shape come along. Without --space a number becomes one within 4 of "
    "it, its half or double, a power of two up to 128, or another number of the network, and new "
    "layers are those of the space free. The input stays, and so do the classes, unless --classes "
    "says otherwise."
)
_EPILOG = (
    "Without --max-... a space's own budgets hold (#:max-... of its define-space). Exit status: 0 "
    "done, or all yes; 1 some no, none found, or fewer than sample -n asked for (standard error "
    "says why); 2 a mistake; 130 ended with Ctrl-C."
)
_PROOF = "Where it is not proven within the time, standard error says so."

NOTES = {
    "sample": "All numbers of layers are about as likely; racket/networks/README.md says more.",
    "check": "Without --space: do all shapes fit? With it: is it in the space? A line may be "
    "(network (architecture ...) (training ...)).",
    "complete": "A hole _ is a number or a layer; behind a dot, (LAYER ... . _), the rest of a "
    "list. Without --space new layers are those of the space free, and a rest has at most 4.",
    "repair": f"At most 3 changes. {_CHANGE}",
    "neighbours": _CHANGE,
    "smallest": _PROOF,
    "largest": _PROOF,
}
"""More of some commands' help."""


class QuestionError(ValueError):
    """A question that cannot be asked; the message is one line."""


def add_commands(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the parser of every question; `options.command` asks it."""
    for name, text in COMMANDS.items():
        command = add_parser(name, help=text)
        command.description = f"{text[0].upper()}{text[1:]}. {NOTES.get(name, '')}".strip()
        command.epilog = _EPILOG
        if name in READS:
            command.add_argument("file", metavar="FILE|-", help="architectures, one a line")
        command.add_argument("--space", metavar="NAME|FILE", help="a search space")
        command.add_argument("--input", metavar="C,H,W", help="shape of an image")
        command.add_argument("--classes", metavar="N", help="number of classes")
        for quantity, meaning in QUANTITIES.items():
            command.add_argument(
                f"--max-{quantity}", metavar="N", help=f"at most so many {meaning}"
            )
            command.add_argument(
                f"--min-{quantity}", metavar="N", help=f"at least so many {meaning}"
            )
        command.add_argument(
            "--training",
            metavar="TEMPLATE",
            help="training recipes beside the architectures of --space, such as "
            "'(training (adamw (0.001 0.01)) (batch 32))'; a list in a value's place is choices",
        )
        command.add_argument(
            "--max-memory",
            metavar="BYTES",
            help="at most so many bytes in a training, see README.md",
        )
        command.add_argument(
            "--batch-size", metavar="N", help="for --max-memory, where no training says it"
        )
        if name in ("sample", "complete", "repair", "neighbours"):
            command.add_argument("-n", metavar="N", help="how many (1 of sample, else 10 or all)")
        if name == "sample":
            command.add_argument("--seed", metavar="N", help="same seed, same lines (0)")
            command.add_argument(
                "--timeout", metavar="SECONDS", help="at most so long without another one (60)"
            )
        elif name not in ("check", "describe"):
            seconds = "60" if name == "count" else "10, for each line" if name in READS else "10"
            command.add_argument(
                "--timeout", metavar="SECONDS", help=f"at most so long ({seconds})"
            )
        if name == "count":
            command.add_argument(
                "--canonical", action="store_true", help="count what differs in function alone"
            )
        if name in ("smallest", "largest"):
            command.add_argument(
                "--by", metavar="QUANTITY", help=f"one of {', '.join(QUANTITIES)} (params)"
            )
        command.set_defaults(command=ask)
    new = add_parser("new-space", help="print the file of a small space to start from")
    new.description = "Print the file of a small space to start from: new-space NAME > NAME.rkt"
    new.add_argument("space", metavar="NAME", help="letters, digits and hyphens")
    new.set_defaults(command=new_space)


def ask(options: argparse.Namespace) -> int:
    """Ask `questions.rkt`; gives its exit status."""
    racket = shutil.which("racket")
    if racket is None:
        raise QuestionError("racket is not on PATH; make setup says how to get it")
    command = [racket, str(RACKET / "questions.rkt"), options.name]
    for name, value in vars(options).items():
        if value is None or name in ("name", "command", "file"):
            continue
        option = "-n" if name == "n" else "--" + name.replace("_", "-")
        command += [option] if value is True else [] if value is False else [option, str(value)]
    if hasattr(options, "file"):
        file = Path(options.file)
        if options.file != "-" and (file.is_dir() or not file.exists()):
            raise QuestionError(f"no such file: {options.file}")
        command.append(options.file)
    sys.stdout.flush()
    return subprocess.run(command, check=False).returncode


TEMPLATE = """\
#lang racket/base
;; One or more convolutions that halve the image, then a linear layer.
;; #:max-macs, #:max-activations and #:max-depth may stand beside #:max-params.
(require architecto)

(define-space (NAME architecture input classes #:account account)
  "stride-2 convolutions and a linear head"
  #:input (1 28 28) #:classes 10 #:max-params 50000 #:ends-with (linear 1 classes)
  (fresh (layers)
    (architectureo architecture input layers)
    (NAME-layerso layers input classes account)))

(defrel (NAME-layerso layers in classes account)
  (fresh (c h w channels features vector out rest charged both)
    (== in `(,c ,h ,w))
    (conde
      [(== layers `((flatten) (linear ,features ,classes)))
       (layero '(flatten) in vector account charged)
       (lasto `(linear ,features ,classes) vector `(,classes) charged)]
      [(== layers `((conv2d ,c ,channels 3 2 1) (relu) . ,rest))
       (infd channels '(8 16 32 64))
       (fd (> h 1))
       (layero `(conv2d ,c ,channels 3 2 1) in out account charged)
       (layero '(relu) out out charged both)
       (labelfd channels)
       (NAME-layerso rest out classes both)])))
"""


def new_space(options: argparse.Namespace) -> int:
    """Print the template of a space."""
    name = options.space
    if not name.replace("-", "a").isalnum() or not name[0].isalpha() or not name.isascii():
        raise QuestionError(f"got {name!r}, expected a name of letters, digits and hyphens")
    print(TEMPLATE.replace("NAME", name), end="")
    return 0
