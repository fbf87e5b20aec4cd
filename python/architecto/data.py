"""The command describe-data: what a data set is, and what will be done to it. Imports no torch of
itself; a user's own data set may."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from architecto import settings
from architecto.problems.networks.datasets import data_options
from architecto.problems.networks.problem import NetworkSettings


def add_command(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command's parser; `options.command` carries it out."""
    text = "say what a data set is, and what will be done to it"
    command = add_parser("describe-data", help=text)
    command.description = (
        "Say what a data set is: its task, the input of a network for it, the sizes of its parts, "
        "how often each class occurs, the metric that ranks networks, and what is done to the data."
    )
    field = next(field for field in settings.of(NetworkSettings) if field.name == "dataset")
    command.add_argument("dataset", metavar="SPEC", help=field.metadata["meaning"])
    settings.add_options(command, NetworkSettings, data_options.NAMES)
    command.set_defaults(command=_describe)


def _describe(options: argparse.Namespace) -> int:
    from architecto.problems.networks.datasets import description

    for line in description.describe(options.dataset, data_options.of(options)):
        print(line)
    return 0
