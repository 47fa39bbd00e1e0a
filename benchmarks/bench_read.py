"""How fast a log of 10 million rows is read, beside other tools; one JSON line per figure.

    python benchmarks/bench_read.py [--rows 10000000] [--repeats 3] [--folder FOLDER]

The file is made once per format (CSV, JSON lines; 0.8 and 1.8 GB). Every tool reads it in a process
of its own, in turns, so that all meet the same machine; a figure is the best of the repeats, its
ratio is to the fastest other tool of the same task in this run. Tasks:

memory    the columns, typed, in memory. routelab checks every row, keeps what it rejects, finds
          repeated ids and gives traffic in time order.
parquet   the file as Parquet (zstd) in bounded memory, as far as the tool can.
stream    the parts one after the other, nothing kept (routelab only, beside `memory`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

CHUNK = 1_000_000
MODELS = np.array(["gpt-4o-mini", "gpt-4o", "claude-sonnet-4-5"])

WORK = {
    ("memory", "pandas"): """
import pandas as pd
if csv: d = pd.read_csv(f, engine="pyarrow", dtype_backend="pyarrow")
else: d = pd.read_json(f, lines=True, engine="pyarrow", dtype_backend="pyarrow")
n = len(d)""",
    ("memory", "pyarrow"): """
import pyarrow.csv as c, pyarrow.json as j
d = c.read_csv(f) if csv else j.read_json(f)
n = d.num_rows""",
    ("memory", "polars"): """
import polars as pl
d = pl.read_csv(f, try_parse_dates=True) if csv else pl.read_ndjson(f)
n = len(d)""",
    ("memory", "duckdb"): """
import duckdb
d = duckdb.sql(f"select * from read_{'csv' if csv else 'json'}('{f}')").to_arrow_table()
n = d.num_rows""",
    ("memory", "routelab"): """
from routelab import read_log
n = len(read_log(f).frame)""",
    ("stream", "routelab"): """
from routelab.traffic._account import Account
from routelab.traffic._parts import make_request, read_parts
n = sum(len(p.frame) for p in read_parts(f, make_request(None, None, {}), Account()))""",
    ("parquet", "pandas"): """
import pandas as pd, pyarrow as pa, pyarrow.parquet as pq
n, w = 0, None
for d in (pd.read_csv if csv else lambda f, **k: pd.read_json(f, lines=True, **k))(
        f, chunksize=500_000):
    t = pa.Table.from_pandas(d, preserve_index=False)
    w = w or pq.ParquetWriter(out, t.schema, compression="zstd")
    w.write_table(t); n += len(d)
w.close()""",
    ("parquet", "pyarrow"): """
import pyarrow.csv as c, pyarrow.json as j, pyarrow.parquet as pq
n = 0
r = c.open_csv(f) if csv else j.open_json(f)
with pq.ParquetWriter(out, r.schema, compression="zstd") as w:
    for b in r: w.write_batch(b); n += b.num_rows""",
    ("parquet", "polars"): """
import polars as pl
d = pl.scan_csv(f, try_parse_dates=True) if csv else pl.scan_ndjson(f)
d.sink_parquet(out, compression="zstd")
n = pl.scan_parquet(out).select(pl.len()).collect().item()""",
    ("parquet", "duckdb"): """
import duckdb
q = f"select * from read_{'csv' if csv else 'json'}('{f}')"
duckdb.sql(f"copy ({q}) to '{out}' (format parquet, compression zstd)")
n = duckdb.sql(f"select count(*) from '{out}'").fetchall()[0][0]""",
    ("parquet", "routelab"): """
from routelab import convert_log
n = convert_log(f, out).items""",
}
HARNESS = """
import json, re, time
f, out, csv = {file!r}, {out!r}, {csv!r}
start = time.perf_counter()
{work}
spent = time.perf_counter() - start
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024
print(json.dumps({{"rows": n, "seconds": spent, "peak_mb": peak}}))
"""


def make(path: Path, rows: int) -> None:
    """Write a log with eight columns, in time order, chunk by chunk."""
    rng = np.random.default_rng(0)
    last = 1_767_225_600_000_000
    with path.open("wb") as sink:
        for start in range(0, rows, CHUNK):
            count = min(CHUNK, rows - start)
            micros = last + np.cumsum(rng.exponential(60_480, count)).astype("int64")
            last = int(micros[-1])
            stamps = pc.strftime(pa.array(micros).cast(pa.timestamp("us", "UTC")),
                                 format="%Y-%m-%dT%H:%M:%SZ")  # fmt: skip
            table = pa.table({
                "timestamp": stamps,
                "request_id": pa.array(np.char.add("req-", np.arange(start, start + count).astype(
                    str))),
                "model": pa.array(MODELS[rng.integers(0, 3, count)]),
                "input_tokens": rng.lognormal(6, 1, count).astype("int64") + 1,
                "output_tokens": rng.lognormal(5, 1, count).astype("int64"),
                "latency_s": np.round(rng.lognormal(0.5, 0.7, count), 3),
                "status": np.where(rng.random(count) < 0.02, 429, 200),
                "user": pa.array(np.char.add("u", rng.integers(0, 5000, count).astype(str))),
            })  # fmt: skip
            if path.suffix == ".csv":
                options = pcsv.WriteOptions(include_header=start == 0, quoting_style="none")
                pcsv.write_csv(table, sink, options)
            else:
                frame = table.to_pandas()
                sink.write(frame.to_json(orient="records", lines=True).encode())


def run(task: str, tool: str, file: Path, out: Path) -> dict[str, float]:
    code = HARNESS.format(file=str(file), out=str(out), csv=file.suffix == ".csv",
                          work=WORK[task, tool])  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1]}  # type: ignore[dict-item]
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="for the files; default: a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for suffix in ("csv", "jsonl"):
            file = folder / f"log_{options.rows}.{suffix}"
            if not file.exists():
                make(file, options.rows)
            compare(file, folder / "out.parquet", options.repeats)
            if options.folder is None:
                file.unlink()


def compare(file: Path, out: Path, repeats: int) -> None:
    for task in ("memory", "parquet"):
        jobs = [job for job in WORK if job[0] == task]
        jobs += [job for job in WORK if job[0] == "stream" and task == "memory"]
        best: dict[tuple[str, str], dict[str, float]] = {}
        for _ in range(repeats):
            for job in jobs:
                found = run(*job, file, out)
                if "error" in found:
                    best.setdefault(job, found)
                elif job not in best or found["seconds"] < best[job]["seconds"]:
                    best[job] = found
        others = [one["seconds"] for job, one in best.items()
                  if job[1] != "routelab" and "seconds" in one]  # fmt: skip
        for (kind, tool), found in best.items():
            if "seconds" in found and others:
                found["ratio"] = round(found["seconds"] / min(others), 2)
                found["seconds"] = round(found["seconds"], 2)
            print(json.dumps({"file": file.suffix[1:], "task": kind, "tool": tool, **found}),
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
