"""`make fuzz`: try inputs that coverage guides, one target after another, each in its own process.

Run: `python -m tests.fuzz [TARGET …] [--seconds 600]`. What breaks a target is printed and kept in
`build/fuzz`; what is new in coverage is added to the corpus, without what it makes superfluous.
`--seed` begins with real inputs, `--replay FILE` tries one again.
"""

import argparse
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import structlog

from tests.fuzz.corpus_keeping import keep
from tests.fuzz.target import names, target_named

BUILD = Path("build/fuzz")
FOUND = "found"
CRASHES = "crashes"
HANG_S = 20
MAX_MEMORY_MIB = 3_072
MAX_INPUT_BYTES = 4_096


def main() -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    parser = argparse.ArgumentParser(prog="make fuzz ARGS=…", description=__doc__)
    parser.add_argument("targets", nargs="*", help="all without")
    parser.add_argument("--seconds", type=int, default=600, help="for each target")
    parser.add_argument("--seed", action="store_true", help="begin with real inputs, too")
    parser.add_argument("--replay", type=Path, help="try this input, and nothing else")
    arguments = parser.parse_args()
    unknown = set(arguments.targets) - set(names())
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    chosen = [target_named(name) for name in arguments.targets or names()]
    if arguments.replay:
        with chosen[0].opened() as attempt:
            attempt(arguments.replay.read_bytes())
        return 0
    failed = []
    for target in chosen:
        print(f"--- {target.name}, {arguments.seconds} s", flush=True)
        folder = BUILD / target.name
        for name in (FOUND, CRASHES):
            (folder / name).mkdir(parents=True, exist_ok=True)
        if _fuzz(target.name, folder, target.corpus, arguments.seconds, arguments.seed):
            failed.append(target.name)
        else:
            keep(target, folder / FOUND)
    if failed:
        print(f"broken: {', '.join(failed)}; inputs in {BUILD}")
    return bool(failed)


def _fuzz(name: str, folder: Path, corpus: Path, seconds: int, seed: bool) -> int:
    corpus.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.fuzzer",
        name,
        "seeded" if seed else "",
        str(folder / FOUND),
        str(corpus),
        f"-max_total_time={seconds}",
        f"-timeout={HANG_S}",
        f"-rss_limit_mb={MAX_MEMORY_MIB}",
        f"-max_len={MAX_INPUT_BYTES}",
        "-len_control=0",
        f"-artifact_prefix={folder / CRASHES}/",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    # Compiled loops check every index here, and are compiled apart from those that do not.
    cache = (BUILD / "compiled").resolve()
    with (
        tempfile.TemporaryDirectory() as scratch
    ):  # the fuzzer ends its process without cleaning up
        environment = os.environ | {
            "NUMBA_BOUNDSCHECK": "1",
            "NUMBA_CACHE_DIR": str(cache),
            "TMPDIR": scratch,
        }
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
