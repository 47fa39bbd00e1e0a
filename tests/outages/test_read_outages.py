"""Outages: merging, defaults, places of errors, and the status pages' incidents."""

from __future__ import annotations

import csv
import json
import tempfile

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routelab import InputError
from routelab.outages import IMPACT_PROBABILITY, load_outages, read_outages
from routelab.outages.readers import detect
from routelab.reading.files import read_rows


@pytest.fixture
def write(tmp_path):
    def keep(text, name="outages.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return keep


def test_incidents_of_status_pages(data):
    frame = read_outages(data / "outages_llm" / "clean" / "incident" / "incident_stages.csv")
    notes = frame.attrs["notes"]
    assert notes[0].startswith("542 incidents became ")
    assert any("failure probability assumed" in note for note in notes)
    assert any(note.endswith("of zero length or probability dropped") for note in notes)
    assert set(frame.provider) == {"openai", "anthropic", "character"}
    assert set(frame.probability) <= set(IMPACT_PROBABILITY.values())
    assert (frame.end > frame.start).all()
    assert frame.start.is_monotonic_increasing
    for _, group in frame.groupby(["provider", "service"], dropna=False):
        ordered = group.sort_values("start")
        assert (ordered.start.iloc[1:].to_numpy() >= ordered.end.iloc[:-1].to_numpy()).all()


def test_defaults_and_types(write):
    frame = read_outages(write("start,end,provider\n2026-01-05T10:00,2026-01-05T11:00,openai\n"))
    row = frame.iloc[0]
    assert (row.status, row.probability, row.provider) == (503, 1.0, "openai")
    assert pd.isna(row.service)
    assert pd.isna(row.model)
    assert row.start == pd.Timestamp("2026-01-05T10:00Z")
    assert str(frame.start.dtype) == "datetime64[us, UTC]"


def test_yaml_and_csv_agree(write):
    csv = write(
        "start,end,provider,model,status,probability,note\n"
        "2026-01-05T10:00Z,2026-01-05T11:00Z,openai,gpt,429,0.5,x\n"
    )
    entry = (
        "{start: 2026-01-05T10:00:00Z, end: 2026-01-05 11:00:00, provider: openai, model: gpt, "
        "status: 429, probability: 0.5}\n"
    )
    for text in (f"- {entry}", f"outages:\n  - {entry}"):
        found = read_outages(write(text, "o.yaml"))
        pd.testing.assert_frame_equal(found, read_outages(csv))


def test_where_outages_overlap_the_higher_probability_holds(write):
    # 10-12 at 0.2 and 11-13 at 0.6: 10-11 at 0.2, 11-13 at 0.6. Another provider is left alone.
    text = (
        "start,end,provider,probability\n"
        "2026-01-05T11:00Z,2026-01-05T13:00Z,a,0.6\n"
        "2026-01-05T10:00Z,2026-01-05T12:00Z,a,0.2\n"
        "2026-01-05T10:00Z,2026-01-05T12:00Z,b,0.2\n"
        "2026-01-05T15:00Z,2026-01-05T16:00Z,a,0.2\n"
    )
    frame = read_outages(write(text))
    a = frame[frame.provider == "a"]
    assert [(s.hour, e.hour) for s, e in zip(a.start, a.end, strict=True)] == [
        (10, 11),
        (11, 13),
        (15, 16),
    ]
    assert list(a.probability) == [0.2, 0.6, 0.2]
    assert len(frame) == 4
    assert frame.attrs["notes"] == [
        "1 outages overlap an earlier one of the same provider and service: merged, "
        "the higher probability holds"
    ]


def test_zero_length_outages_are_dropped_with_a_note(write):
    text = "start,end,provider\n2026-01-05,2026-01-05,a\n2026-01-05,2026-01-06,a\n"
    frame = read_outages(write(text))
    assert len(frame) == 1
    assert frame.attrs["notes"] == ["1 outages of zero length or probability dropped"]


def test_nothing_may_be_left(write):
    frame = read_outages(write("start,end,provider\n2026-01-05,2026-01-05,a\n"))
    assert frame.empty
    assert str(frame.start.dtype) == "datetime64[us, UTC]"


GOOD = "2026-01-05T10:00Z,2026-01-05T11:00Z,a"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("start,end,provider\n2026-01-05T11:00Z,2026-01-05T10:00Z,a\n",
         r"outages.csv:2: the outage ends \(2026-01-05T10.*before it starts"),
        ("start,end,provider\nsoon,2026-01-05,a\n", "outages.csv:2: start 'soon' is not a time"),
        ("start,end,provider\n5,6,a\n", "outages.csv:2: start '5' is not a time"),
        ("start,end,provider\n2026-01-05,,a\n", "outages.csv:2: end '' is not a time"),
        ("start,end,provider\n2026-01-05,2026-01-06,\n", "outages.csv:2: the provider is empty"),
        (f"start,end,provider,probability\n{GOOD},1.5\n", r"probability must be .* \[0, 1\]"),
        (f"start,end,provider,status\n{GOOD},down\n", r"status must be .*\[100, 599\], got 'down'"),
        ("start,stop,provider\na,b,c\n", "unknown column 'stop'"),
        ("start,provider\n2026-01-05,c\n", "need the column 'end'"),
        (f"start,end,provider\n{GOOD},x\n", "outages.csv:2: 4 fields"),
    ],
)  # fmt: skip
def test_bad_rows_are_errors_with_their_line(write, text, message):
    with pytest.raises(InputError, match=message):
        read_outages(write(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("outages: 5\n", "a list of outages was expected"),
        ("- 5\n", "a list of outages was expected"),
        ("[]\n", "the list of outages is empty"),
        ("- {start: 2026-01-05, end: 2026-01-06, provider: a}\n"
         "- {start: 2026-01-05, end: 2026-01-04, provider: a}\n", r"o.yml:2: the outage ends"),
    ],
)  # fmt: skip
def test_bad_yaml_names_its_place(write, text, message):
    with pytest.raises(InputError, match=message):
        read_outages(write(text, "o.yml"))


def test_incidents_without_a_service_hit_the_whole_provider(write):
    text = (
        "provider,incident_impact_level,API,start_timestamp,close_timestamp\n"
        "openai,3,1,2026-01-05 10:00:00+00:00,2026-01-05 11:00:00+00:00\n"
        "openai,2,0,2026-01-06 10:00:00+00:00,2026-01-06 11:00:00+00:00\n"
    )
    frame = read_outages(write(text))
    assert frame.service.fillna("all").tolist() == ["API", "all"]
    assert frame.probability.tolist() == [1.0, 0.5]
    assert any(note.startswith("1 incidents name no service") for note in frame.attrs["notes"])


def test_bad_rows_are_kept_and_the_others_are_read(write):
    text = f"start,end,provider\n{GOOD}\nsoon,later,b\n2026-01-07,2026-01-07,c\nx\n"
    frame, report = load_outages(write(text))
    assert frame.provider.tolist() == ["a"]
    assert [(r.line, r.raw, r.expected) for r in report.rejects] == [
        (3, "soon,later,b", False), (4, "2026-01-07,2026-01-07,c", True), (5, "x", False)
    ]  # fmt: skip
    assert (report.kind, report.rows_read, report.rows_accepted, report.items) == (
        "outages", 4, 1, 1,
    )  # fmt: skip


def test_pacific_stamps_become_utc_and_services_are_parted(write):
    updates = json.dumps([
        {"Update_Title": "Resolved", "Update_Body": "", "Update_Timestamp":
         "Posted 3 months ago. Mar 10, 2024 - 12:30 PDT"},
        {"Update_Title": "Investigating", "Update_Body": "", "Update_Timestamp":
         "Posted 3 months ago. Mar 10, 2024 - 00:30 PST"},
    ])  # fmt: skip
    frame = pd.DataFrame({
        "Incident_Title": ["t"], "Incident_Link": ["https://status.openai.com/incidents/1"],
        "Incident_Impact": ["impact-major"], "Updates": [updates],
        "Service": ["This incident affected: API, ChatGPT, Labs, and Playground."],
    })  # fmt: skip
    outages = read_outages(write(frame.to_csv(index=False)))
    # The clocks went forward that night: 00:30 PST is 08:30 UTC, 12:30 PDT is 19:30 UTC.
    assert {str(t) for t in outages.start} == {"2024-03-10 08:30:00+00:00"}
    assert {str(t) for t in outages.end} == {"2024-03-10 19:30:00+00:00"}
    assert sorted(outages.service) == ["API", "ChatGPT", "Labs", "Playground"]
    assert set(outages.provider) == {"openai"} and set(outages.probability) == {0.5}


def test_scraped_pages_agree_with_the_cleaned_table(data):
    folder = data / "outages_llm"
    raw, report = load_outages(folder / "raw" / "incident")
    clean, _ = load_outages(folder / "clean" / "incident" / "incident_stages.csv")
    assert report.rows_read == 542
    assert report.rejected == []
    starts = [set(frame.start.astype("int64")) for frame in (raw, clean)]
    shared = len(starts[0] & starts[1]) / len(starts[1])
    assert shared > 0.95, shared
    hours = [(frame.end - frame.start).dt.total_seconds().sum() / 3600 for frame in (raw, clean)]
    assert abs(hours[0] / hours[1] - 1) < 0.1, hours


def test_minutes_per_day_are_placed_and_told(data):
    folder = data / "outages_llm"
    raw, report = load_outages(folder / "raw" / "uptime")
    clean, clean_report = load_outages(folder / "clean" / "outage" / "outage_unexploded.csv")
    assert report.rows_read == clean_report.rows_read == 5243
    days = pd.read_csv(folder / "clean" / "outage" / "outage_unexploded.csv")
    for frame in (raw, clean):
        minutes = (frame.end - frame.start).dt.total_seconds() / 60
        major = frame.probability == 1
        assert minutes[major].sum() == days.major_outage_minutes.sum()
        assert minutes[~major].sum() == days.partial_outage_minutes.sum()
        assert set(frame.provider) == {"openai", "anthropic", "characterai"}
    order = ["start", "provider", "service", "probability"]
    tables = [frame.sort_values(order, ignore_index=True) for frame in (raw, clean)]
    pd.testing.assert_frame_equal(*tables)
    assert len(clean_report.aside) == (days.outage_flag == 0).sum()
    assert any("lower bound" in text for text in report.warnings)
    assert any("no time of day" in text for text in report.warnings)


def test_every_outage_file_is_found_with_its_rows_and_no_other_file_is(data):
    for row in csv.DictReader((data / "MANIFEST.csv").read_text(encoding="utf-8").splitlines()):
        name = row["file"]
        if not name.startswith("outages_llm"):
            if "servegen" not in name and "categories" not in name:
                assert detect(read_rows(data / name)) is None, name
            continue
        _, report = load_outages(data / name)
        assert report.rows_read == int(row["rows"]), name
        assert report.rows_read == report.rows_accepted + len(report.rejects), name


CELL = st.sampled_from(["", "x", "[]", "{}", "null", "[1]", '[{"Downtime (min)": "a"}]', "1e400",
                        "-1", "1 Jun 2024", "99999-01-01", "impact-none", "nan"])  # fmt: skip


@pytest.mark.parametrize("names", [
    ["Incident_Title", "Incident_Link", "Incident_Impact", "Updates", "Service"],
    ["Date", "Outages", "Incidents", "Service"],
    ["Date", "partial_outage_minutes", "major_outage_minutes", "Service", "provider"],
    ["incident_impact_level", "start_timestamp", "close_timestamp", "provider", "API"],
    ["start", "end", "provider", "probability", "status"],
])  # fmt: skip
@settings(max_examples=40, deadline=None)
@given(cells=st.lists(st.lists(CELL, min_size=5, max_size=5), min_size=1, max_size=3))
def test_any_cell_is_a_reject_or_an_outage(names, cells):
    frame = pd.DataFrame([row[: len(names)] for row in cells], columns=names)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/o.csv"
        frame.to_csv(path, index=False)
        try:
            outages, report = load_outages(path)
        except InputError as error:
            assert "o.csv" in str(error)
            return
    assert report.rows_read == report.rows_accepted + len(report.rejects) == len(cells)
    assert (outages.end > outages.start).all()
