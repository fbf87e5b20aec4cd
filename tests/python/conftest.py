"""Makes what the tests beside this file share importable."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))


@pytest.fixture
def data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of data sets, where what is prepared is kept too."""
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setenv("ARCHITECTO_DATA", str(folder))
    return folder
