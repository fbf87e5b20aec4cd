"""Is a disturbed run the undisturbed one? `make bench-faults`: KILLS=, INTERRUPTS=, SEED=, TABLE=.

100 SIGKILLs and 20 Ctrl-C unless told otherwise, while networks are trained and, if there is one,
where a table is looked up, by both strategies. See tests/faults/kills.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

KILLS = Path(__file__).resolve().parents[1] / "faults" / "kills.py"


def main() -> int:
    def ask(name: str, default: str) -> str:
        return os.environ.get(name) or default

    table = ask("TABLE", "../shared/nas-bench-201/cifar10.csv")
    command = [sys.executable, str(KILLS), "--seed", ask("SEED", "0")]
    command += ["--kills", ask("KILLS", "100"), "--interrupts", ask("INTERRUPTS", "20")]
    command += ["--table", table] if Path(table).is_file() else []
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
