"""csv:PATH and parquet:PATH: tables of a user's own; describe-data."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from data_files_for_tests import csv, line, pictures, table

from architecto.problems.networks import datasets
from architecto.problems.networks.datasets import tables
from architecto.testing import DatasetTests

pytestmark = pytest.mark.usefixtures("data_folder")


def test_a_table_of_numbers_and_categories(tmp_path: Path) -> None:
    spec = csv(tmp_path, table())
    data = datasets.load(spec, options={"target": "price"})
    info = data.info
    assert (info.input_kind, info.task_kind, info.class_names) == (
        "table",
        "regression",
        ("price",),
    )
    numbers, categories, values = info.input_shape
    assert (numbers, categories, values) == (3, 2, 4 + 3)  # age, since, age is missing; city, dear
    assert data.train_inputs.shape == (60, 5) and len(data.mean) == 3
    codes = torch.cat([data.train_inputs, data.validation_inputs, data.test_inputs])[:, 3:]
    assert set(codes[:, 0].tolist()) == {0, 1, 2, 3} and set(codes[:, 1].tolist()) == {5, 6}
    assert bool(data.train_inputs.isfinite().all())
    told = " ".join(info.notes)
    assert "who: left out" in told and "same: left out" in told
    assert "age: number, scaled; 1 missing become the mean, and a further column says where" in told
    assert "since: date as days" in told
    assert json.loads(json.dumps(info.preprocessing)) == info.preprocessing


def test_rows_to_come_are_encoded_as_those_learned_from(tmp_path: Path) -> None:
    info = datasets.create(csv(tmp_path, table()), {"target": "price"})
    rows = pd.DataFrame(
        {"age": [30, None], "city": ["Bern", "Genf"], "since": ["1970-01-11", None], "dear": "no"}
    )
    found = tables.encode(rows, info.preprocessing["columns"])
    assert found[0].tolist() == [30, 10, 0, 2, 5]
    assert np.isnan(found[1, :2]).all() and found[1, 2:].tolist() == [1, 0, 5]


def test_what_is_predicted_tells_the_task(tmp_path: Path) -> None:
    frame = table()
    frame["rooms"], frame["plot"] = np.arange(100) % 4, np.arange(100) * 7
    frame["garden"] = np.arange(100) % 2
    spec = csv(tmp_path, frame)

    def task(target: str, **more: str) -> tuple[str, int]:
        found = datasets.create(spec, {"target": target, **more})
        return found.task_kind, found.classes

    assert task("dear") == ("classification", 2)
    assert task("rooms") == ("classification", 4)
    assert task("rooms", metric="r2") == ("regression", 1)
    assert task("plot") == ("regression", 1)
    assert task("price, plot") == ("regression", 2)
    frame["pool"] = 1 - frame.garden
    assert datasets.create(csv(tmp_path, frame), {"target": "garden,pool"}).task_kind == (
        "multi-label"
    )


def test_a_table_without_categories_is_features(tmp_path: Path) -> None:
    info = datasets.create(csv(tmp_path, table()[["age", "price", "dear"]]), {"target": "dear"})
    assert (info.input_kind, info.input_shape, info.task_kind) == (
        "features",
        (3,),
        "classification",
    )


def test_quoted_names_and_rows_that_do_not_fit_them(tmp_path: Path) -> None:
    spec, path = f"csv:{tmp_path}/q.csv", tmp_path / "q.csv"
    rows = "".join(f"{row},{'xyz'[row % 3]},{row % 2}\n" for row in range(60))
    path.write_text('"a; b, ""c""; d",kind,"the target"\n' + rows)
    info = datasets.create(spec, {"target": "the target"})
    assert info.preprocessing["columns"][0]["name"] == 'a; b, "c"; d'
    path.write_text("a,t\n" + rows)
    assert "more values than the 2 columns" in line(spec, target="t")
    path.write_text("a,a,t\n" + rows)
    assert "two columns are called 'a'" in line(spec, target="t")


def test_dates_far_away_stay_in_order() -> None:
    days = tables.encode(pd.DataFrame({"d": ["9999-12-31", "1500-01-01"]}), DATES)[:, 0]
    assert days.tolist() == [2932896, -171664]


DATES = [{"name": "d", "kind": "date"}]


def test_semicolons_and_parquet(tmp_path: Path) -> None:
    frame = table()
    of_commas = datasets.load(csv(tmp_path, frame), options={"target": "price"})
    of_semicolons = datasets.load(csv(tmp_path, frame, sep=";"), options={"target": "price"})
    of_commas_in_numbers = datasets.load(
        csv(tmp_path, frame, sep=";", decimal=","), options={"target": "price"}
    )
    frame.to_parquet(tmp_path / "my.parquet")
    of_parquet = datasets.load(f"parquet:{tmp_path}/my.parquet", options={"target": "price"})
    for other in (of_semicolons, of_commas_in_numbers, of_parquet):
        assert torch.equal(other.train_inputs, of_commas.train_inputs)
        assert torch.equal(other.test_targets, of_commas.test_targets)


def test_bad_tables_are_one_line(tmp_path: Path) -> None:
    spec = csv(tmp_path, table())
    assert "--target is missing, the column to predict: who, age, city, since" in line(spec)
    assert "no column 'prize', expected price, who, age" in line(spec, target="prize")
    assert "row 6: age is missing" in line(spec, target="age")
    assert "row 8: city is missing" in line(spec, target="city")
    assert "same is 1 in every row" in line(spec, target="same")
    assert "who has 100 classes" in line(spec, target="who")
    assert "--image-size has no meaning for" in line(spec, target="price", image_size=3)
    frame = table()
    frame["age"] = frame.age.astype(object)
    frame.loc[3, "age"] = "about 30"
    assert "row 4: age is 'about 30', but most rows have numbers there" in (
        line(csv(tmp_path, frame), target="price")
    )
    frame = table()
    frame.loc[11, "age"] = np.inf
    assert "row 12: age is inf" in line(csv(tmp_path, frame), target="price")
    assert "row 12: age is inf" in line(csv(tmp_path, frame.fillna(1)), target="age")
    assert "no column is left" in line(csv(tmp_path, frame[["price"]]), target="price")
    assert "the table has no rows" in line(csv(tmp_path, frame.head(0)), target="price")
    assert "no such file" in line(f"csv:{tmp_path}/none.csv", target="price")
    (tmp_path / "my.csv").touch()
    (tmp_path / "my.csv").write_text("")
    assert line(f"csv:{tmp_path}/my.csv", target="price").endswith("the file is empty")
    (tmp_path / "my.csv").write_text('a,b\n1,"2\n3,4\n')
    assert "cannot read it" in line(f"csv:{tmp_path}/my.csv", target="b")
    (tmp_path / "my.parquet").write_text("nothing")
    assert "cannot read it" in line(f"parquet:{tmp_path}/my.parquet", target="b")


@pytest.fixture(scope="class")
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    request.cls.dataset = csv(tmp_path_factory.mktemp("mine"), table())


@pytest.mark.usefixtures("written")
class TestTable(DatasetTests):
    options = {"target": "price"}  # noqa: RUF012


def test_describe_data_says_what_will_be_done(tmp_path: Path, run_architecto: Callable) -> None:
    spec = csv(tmp_path, table())
    told = run_architecto("describe-data", spec, "--target", "price")
    assert told.returncode == 0, told.stderr
    heads = {text[:12].strip(): text[13:] for text in reversed(told.stdout.splitlines())}
    assert heads["task"] == "predict a number from 3 numbers and 2 categories (7 values) of my"
    assert heads["input"].endswith("(--input table:3,2,7)")
    assert heads["rows"] == "60 train, 20 validation, 20 test"
    assert heads["balance"].startswith("price from ")
    assert heads["metric"] == "r2 of the validation part (others: mae, mse)"
    assert "city: category, 3 values embedded (Basel, Bern, Thun)" in told.stdout
    wrong = run_architecto("describe-data", spec)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("architecto describe-data: csv:") and "who" in wrong.stderr


def test_describing_needs_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from architecto import cli; status = cli.main(sys.argv[1:]); "
        "sys.exit(status or 'torch' in sys.modules)"
    )
    for words in (["digits"], [csv(tmp_path, table()), "--target", "dear"], [pictures(tmp_path)]):
        done = subprocess.run(
            [sys.executable, "-c", code, "describe-data", *words], capture_output=True
        )
        assert done.returncode == 0, done.stderr
