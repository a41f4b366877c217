"""Peak memory and time of an import: the claim is 1.5 GiB, however many rows there are.

Run: `python -m benchmarks.import_memory [--rows 10000000 20000000] [--format parquet csv.gz]`.
Each import runs in its own process, whose peak resident memory the system reports.
"""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

BOUND_MIB = 1536
BATCH_ROWS = 500_000
REPEATED_SHARE = 0.02
FIRST_MS = 1_700_000_000_000
ACTION_NAMES = ("impression", "click", "like", "long_view")

IMPORT = """
import json, sys
from pathlib import Path
from tables.importer import import_canonical
report = import_canonical(Path(sys.argv[1]), Path(sys.argv[2]), now_ms=1_800_000_000_000)
# Not `ru_maxrss`: that begins with what the process which started this one had.
[peak] = [line for line in open("/proc/self/status") if line.startswith("VmHWM:")]
peak_kib = int(peak.split()[1])
actions = report.tables["actions"]
print(json.dumps({"peak_mib": peak_kib / 1024, "read": actions.read, "kept": actions.kept,
                  "duplicates": actions.duplicates}))
"""


def action_batch(rows: int, seed: int) -> pa.RecordBatch:
    """Random actions, of which `REPEATED_SHARE` repeat another row of the batch exactly."""
    random = np.random.default_rng(seed)
    fresh = rows - int(rows * REPEATED_SHARE)
    pick = np.concatenate([np.arange(fresh), random.integers(0, fresh, rows - fresh)])
    columns = {
        "viewer_id": random.integers(0, 1_000_000, fresh)[pick],
        "item_id": (random.pareto(1.1, fresh) * 20_000).astype(np.int64)[pick] % 2_000_000,
        "action": np.array(ACTION_NAMES)[random.integers(0, 4, fresh)][pick],
        "occurred_ms": (FIRST_MS + random.integers(0, 10**10, fresh))[pick],
        "value": random.random(fresh).round(3)[pick],
        "surface": np.array(["home", "search", "profile"])[random.integers(0, 3, fresh)][pick],
        "position": random.integers(0, 50, fresh)[pick],
    }
    return pa.record_batch({name: pa.array(values) for name, values in columns.items()})


def write_actions(folder: Path, rows: int, ending: str) -> None:
    """Write `rows` random actions to `folder/actions.<ending>`, batch by batch."""
    path = folder / f"actions.{ending}"
    starts = range(0, rows, BATCH_ROWS)
    batches = (action_batch(min(BATCH_ROWS, rows - at), seed=at) for at in starts)
    schema = action_batch(10, seed=0).schema
    if ending == "parquet":
        with pq.ParquetWriter(path, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        return
    delimiter = "\t" if ending.startswith("tsv") else ","
    options = pyarrow.csv.WriteOptions(delimiter=delimiter)
    with (
        _text_stream(path) as stream,
        pyarrow.csv.CSVWriter(stream, schema, write_options=options) as csv_writer,
    ):
        for batch in batches:
            csv_writer.write_batch(batch)


def _text_stream(path: Path) -> IO[Any]:
    if path.name.endswith(".gz"):
        return cast(IO[Any], gzip.open(path, "wb", compresslevel=1))
    return path.open("wb")


def measure(folder: Path, out: Path) -> dict[str, float]:
    """Import `folder` in a process of its own; peak resident MiB, seconds and row counts."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, str(folder), str(out)],
        check=True,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    measured: dict[str, float] = json.loads(done.stdout)
    return {**measured, "seconds": time.perf_counter() - start}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000_000, 20_000_000])
    parser.add_argument("--format", nargs="+", default=["parquet", "csv.gz"])
    chosen = parser.parse_args()
    print(f"{'rows':>12} {'format':>8} {'peak MiB':>9} {'bound':>6} {'seconds':>8} {'repeats':>9}")
    for rows in chosen.rows:
        for ending in chosen.format:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name) / "source"
                folder.mkdir()
                write_actions(folder, rows, ending)
                got = measure(folder, Path(name) / "data")
            print(
                f"{rows:>12,} {ending:>8} {got['peak_mib']:>9.0f} {BOUND_MIB:>6} "
                f"{got['seconds']:>8.1f} {got['duplicates']:>9,.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
