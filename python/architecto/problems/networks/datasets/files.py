"""Finds and downloads the files of data sets that no Python package contains.

Files are looked for in the data folder, then where Debian's packages put them; only then they are
downloaded, by torchvision, into the data folder. Nothing here imports torch, save the download,
which is a process of its own: `python -m architecto.problems.networks.datasets.files CLASS FOLDER`.
"""

import importlib
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from architecto.problems.networks.datasets.base import DatasetUnavailable

PROBE_SECONDS = 4.0
"""How long the server of a data set may take to answer before a download counts as impossible."""

DOWNLOAD_SECONDS = 1800.0
"""How long a whole download may take."""


@dataclass(frozen=True)
class Source:
    """Where the files of a data set come from."""

    torchvision_class: str
    """The class of torchvision that downloads them."""
    url: str
    """A small file on the server that torchvision downloads from; it must answer first."""
    folder: Path
    """Where torchvision puts the files, below the data folder."""
    files: tuple[str, ...]
    """Their names; each may also be packed, with the ending .gz."""
    debian_package: str | None = None
    debian_folder: Path | None = None

    def folders(self, data_folder: Path) -> list[Path]:
        """Where the files may lie, in the order of the search."""
        return [data_folder / self.folder] + ([self.debian_folder] if self.debian_folder else [])

    def locate(self, data_folder: Path) -> Path | None:
        """The folder that holds all the files."""
        for place in self.folders(data_folder):
            paths = [(place / file, place / f"{file}.gz") for file in self.files]
            if all(plain.is_file() or packed.is_file() for plain, packed in paths):
                return place
        return None


def fetch(name: str, source: Source, folder: Path) -> None:
    """Makes sure that the files of data set `name` are on this machine.

    Raises `DatasetUnavailable` if they are not and cannot be downloaded into `folder`.
    """
    if source.locate(folder) is not None:
        return
    problem = _unreachable(source.url) or _download(source.torchvision_class, folder)
    if source.locate(folder) is not None:
        return
    package = source.debian_package
    raise DatasetUnavailable(
        f"data set {name} is not on this machine and its download failed ({problem}); "
        + (f"run `apt-get install {package}`, or " if package else "")
        + f"put its files in {source.folders(folder)[0]}"
    )


def _unreachable(url: str) -> str | None:
    """Why the server does not answer, or None if it does.

    In a thread, since looking up a name takes no time limit.
    """
    outcome: list[str | None] = [f"no answer within {PROBE_SECONDS:g} s"]

    def probe() -> None:
        try:
            request = urllib.request.Request(url, method="HEAD")
            with urllib.request.urlopen(request, timeout=PROBE_SECONDS):
                outcome[0] = None
        except urllib.error.HTTPError as error:
            outcome[0] = last_line(error)
        except urllib.error.URLError as error:
            outcome[0] = last_line(error.reason)
        except (OSError, ValueError) as error:
            outcome[0] = last_line(error)

    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS)
    return outcome[0]


def _download(torchvision_class: str, folder: Path) -> str:
    """Downloads into `folder`; returns what went wrong, or an empty string."""
    command = [
        sys.executable,
        "-m",
        "architecto.problems.networks.datasets.files",
        torchvision_class,
        str(folder),
    ]
    try:
        ended = subprocess.run(
            command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=DOWNLOAD_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"it took longer than {DOWNLOAD_SECONDS:g} s"
    lines = ended.stdout.decode(errors="replace").splitlines()
    return "" if ended.returncode == 0 else (lines or [f"status {ended.returncode}"])[-1]


def _main(torchvision_class: str, folder: str) -> int:
    """Progress goes to standard error, the reason of a failure to standard output."""
    try:
        torchvision = importlib.import_module("torchvision.datasets")
        getattr(torchvision, torchvision_class)(folder, download=True)
    except (OSError, RuntimeError, ValueError, ImportError) as error:
        print(last_line(error))
        return 1
    return 0


def last_line(error: object) -> str:
    """The error's last line in words: torchvision puts the general remark first."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:3]))
