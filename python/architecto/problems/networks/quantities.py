"""What a network costs, as protocol/quantities.json lists it for Racket and Python alike."""

import json
from pathlib import Path

_FILE = Path(__file__).resolve().parents[4] / "protocol" / "quantities.json"

QUANTITIES: dict[str, str] = {
    row["name"]: row["meaning"] for row in json.loads(_FILE.read_text())["quantities"]
}
"""Each quantity that may have a budget, and what it counts."""
