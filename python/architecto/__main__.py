"""``python -m architecto``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; the exit status is 0, or 2 for a mistake in it."""
    from architecto import cli

    sys.exit(cli.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
