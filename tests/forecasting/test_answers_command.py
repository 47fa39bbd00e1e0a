"""what-if, savings and regret on the command line, and the file of changes."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from routelab import InputError, cli
from routelab.datasets import load_traffic
from routelab.forecasting import read_changes
from routelab.traffic.schema import write_traffic


@pytest.fixture
def job(root, tmp_path):
    write_traffic(load_traffic().head(6000).assign(prompt=None), tmp_path / "traffic.parquet")
    return [str(tmp_path / "traffic.parquet"), "--plan", str(root / "data" / "plan.yaml")]


def answer(*arguments):
    done = CliRunner().invoke(cli.app, [*arguments, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_what_if_reads_a_file_of_changes(job, tmp_path):
    changes = tmp_path / "changes.yaml"
    changes.write_text(
        "- {prices: {gpt-4o: {input_usd_per_mtok: 50}}, from_date: 2026-11-10}\n"
        "- {end_of_life: gpt-4o-mini, fallback: mid}\n"
        "- {growth: 2}\n"
    )
    kinds = [(change.kind, change.from_date) for change in read_changes(changes)]
    assert kinds == [("prices", "2026-11-10"), ("end_of_life", None), ("growth", None)]
    found = answer("what-if", *job, "--changes", str(changes))
    rows = {row[next(iter(row))]: row for row in found["table"]}
    assert rows["requests"]["changed"] == pytest.approx(2 * rows["requests"]["baseline"], rel=0.1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("growth: 2", "changes are a list"),
        ("- {grow: 2}", "c.yaml:1:3: a change has one of prices, end_of_life"),
        (
            "- {growth: 2, form_date: 2026-01-01}",
            "knows no 'form_date' (did you mean 'from_date'?)",
        ),
        ("- {growth: -1}", "c.yaml:1:3: "),
        ("- {add_model: gpt-4.1}", "needs the group"),
    ],
)
def test_a_file_of_changes_that_is_wrong(tmp_path, text, message):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_changes(path)
    assert message in str(caught.value)


def test_savings_and_regret(job, tmp_path):
    against = answer("savings", *job, "--against", "strong")
    assert against["savings_usd"] > 0 and against["compared"] > 5000
    worth = tmp_path / "worth.yaml"
    worth.write_text("{strong: 1.0, mid: 0.9, cheap: 0.75}\n")
    found = answer("regret", *job, "--quality", str(worth))
    assert found["optimum"] == pytest.approx(found["achieved"] + found["regret"])
    with pytest.raises(InputError, match="there is no model group|neither|No such|does not exist"):
        CliRunner().invoke(
            cli.app, ["savings", *job, "--against", "nothing"], catch_exceptions=False
        )
