"""Every published file is recognised, and every row of it is accounted for."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

import routelab as rl
from routelab import InputError


def manifest(data: Path) -> dict[str, int]:
    with (data / "MANIFEST.csv").open(encoding="utf-8", newline="") as source:
        return {row["file"]: int(row["rows"]) for row in csv.DictReader(source)}


def tell(capsys, lines: list[str]) -> None:
    """Print a table that shows without -s, too."""
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")


def test_every_file_of_the_manifest_reads_by_itself(data, capsys):
    lines = []
    for name, rows in manifest(data).items():
        paths = [data / name]
        if name.endswith("-dataset.json"):
            # Token distributions: they are read with the trace of the same client.
            trace = name.replace("-dataset.json", "-trace.csv")
            paths.insert(0, data / trace)
            rows += manifest(data)[trace]
        found = rl.read(paths)
        report = found.report
        assert report.rows_read == rows, name
        assert report.rows_read == report.rows_accepted + len(report.rejects), name
        assert all(reject.raw and reject.line >= 1 for reject in report.rejects), name
        counts = f"{rows:>6} {report.rows_accepted:>6} {len(report.rejected):>4}"
        lines.append(f"{name:<78} {found.kind:<9} {report.format:<21} {counts}")
    assert len(lines) == 252
    head = "file, kind, format, rows, accepted, rejected"
    told = [line for line in lines if "servegen" not in line]
    tell(capsys, [head, *told, f"and {len(lines) - len(told)} files of ServeGen"])


def test_every_sample_of_the_gateways_log_reads_by_itself(data, capsys):
    folder = data.parent / "litellm" / "log_samples"
    if not folder.is_dir():
        pytest.skip("no recordings of the gateway beside the data")
    lines = []
    for path in sorted(folder.iterdir()):
        found = rl.read(path)
        assert found.kind == "traffic", path.name
        assert found.report.rows_read == found.report.rows_accepted == 1, path.name
        lines.append(f"{path.name:<60} {found.report.format}")
    assert len(lines) == 9
    tell(capsys, lines)


def test_folders_of_one_kind_are_read_and_mixed_ones_named(data, tmp_path):
    assert rl.read(data / "trace_azure_2023").report.rows_read == 20_927
    assert rl.read(data / "prices" / "history").report.items > 100
    with pytest.raises(InputError, match="of several kinds: labels .*, outcomes "):
        rl.read([data / "banking77" / "test.csv", data / "routerdc_7models" / "gsm8k-test.json"])
    (tmp_path / "x.csv").write_text("colour,size\nred,1\n")
    with pytest.raises(InputError, match="neither a log nor outcomes, labels, outages or prices"):
        rl.read(tmp_path / "x.csv")
    (tmp_path / "notes.txt").write_text("hello\n")
    with pytest.raises(InputError, match="notes.txt: only a header"):
        rl.read(tmp_path)


def test_lists_that_go_with_other_files_are_names(data):
    labels = rl.read(data / "banking77" / "categories.json")
    assert (labels.kind, labels.report.rows_read, len(labels.data)) == ("names", 77, 77)
    domains = rl.read(data / "clinc150" / "domains.json")
    assert (domains.report.rows_read, len(domains.data)) == (10, 150)


def test_a_saved_mapping_reads_a_table_of_other_names(data, tmp_path):
    mapping = tmp_path / "columns.yaml"
    mapping.write_text("timestamp: TIMESTAMP\nprompt_tokens: ContextTokens\n"
                       "output_tokens: GeneratedTokens\n")  # fmt: skip
    path = data / "trace_azure_2023" / "AzureLLMInferenceTrace_code.dev.csv"
    read = rl.read_log(path, columns=mapping)
    assert int(read.frame.input_tokens.sum()) == 14_232_820
