"""`python -m tests.benchmarks --isso FOLDER`: measure everything, print a table.

Rates of a machine say little about another; what is compared here is measured in turn, in short
rounds, on one machine within one run, so that the ratios mean something even on a busy one.
"""

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from . import bare, isso, ours, reading, servers, visitors
from .cases import CASES, Case, Contender, Stages

#: More than anybody decides in a run.
WAITING = 60_000
#: On a disk by the rules of the file system hierarchy; /tmp may be memory, which never syncs.
ON_DISK = "/var/tmp"


def main() -> None:
    """Measure what was asked for."""
    asked = _arguments()
    # Whoever ends this run ends its servers too: they are stopped on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("The run was ended."))
    cases = [case for case in CASES if case.name in (asked.only or case.name)]
    with tempfile.TemporaryDirectory(prefix="moderation-bench-", dir=asked.folder) as name:
        folder = Path(name)
        _introduce(folder)
        try:
            with _stages(folder, asked.isso) as stages:
                print("\n| what | compared with | ratio | this service, /s | they, /s |")
                print("|---|---|--:|--:|--:|", flush=True)
                for case in cases:
                    _print(case, _measured(case, stages, asked.seconds, asked.rounds))
        except (visitors.Broken, servers.NotStarted) as error:
            sys.exit(str(error))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--isso", type=Path, required=True, help="a venv with Isso and gunicorn")
    names = [case.name for case in CASES]
    parser.add_argument("--only", action="append", choices=names, help="may be repeated")
    parser.add_argument("--seconds", type=float, default=5, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=ON_DISK, help="where the databases lie")
    return parser.parse_args()


def _introduce(folder: Path) -> None:
    client = "wrk" if reading.WRK else "our own client (install wrk for less work on its side)"
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before; reads by {client}.")
    print(f"{_syncs_a_second(folder):,.0f} small writes a second become durable on this disk.")


def _syncs_a_second(folder: Path, seconds: float = 1) -> float:
    """How often one writer can make 4 KB durable, in a file that does not grow, as a journal."""
    number, begun = 0, time.perf_counter()
    with (folder / "sync").open("wb", buffering=0) as file:
        file.write(bytes(4_000_000))
        while time.perf_counter() - begun < seconds:
            os.pwrite(file.fileno(), bytes(4096), number % 900 * 4096)
            os.fdatasync(file.fileno())
            number += 1
    return number / (time.perf_counter() - begun)


@contextmanager
def _stages(folder: Path, venv: Path) -> Iterator[Stages]:
    print("Writing the comments ...", flush=True)
    mine, theirs = ours.prepare(folder / "ours", WAITING), isso.settle(folder)
    with (
        servers.ours(mine.folder, bare.WORKERS) as our_port,
        servers.isso(venv.absolute(), theirs.settings) as isso_port,
    ):
        isso.fill(theirs, WAITING)
        yield Stages(folder, mine, our_port, theirs, isso_port)


def _measured(case: Case, stages: Stages, seconds: float, rounds: int) -> dict[str, list[float]]:
    """Each contender's rates, round by round; one short round before warms everybody up."""
    with ExitStack() as stack:
        contenders = case.gather(stages, stack)
        _round(contenders, min(1, seconds))
        rates = [_round(contenders, seconds) for _ in range(rounds)]
    return {one.name: [rate[one.name] for rate in rates] for one in contenders}


def _round(contenders: Sequence[Contender], seconds: float) -> dict[str, float]:
    return {one.name: one.run(seconds) for one in contenders}


def _print(case: Case, rates: dict[str, list[float]]) -> None:
    """A line for each comparison. The ratio is the median of the rounds' own ratios: what else
    the machine does falls on both sides of each.
    """
    (_, mine), *others = rates.items()
    for name, theirs in others:
        ratio = statistics.median(a / b for a, b in zip(mine, theirs, strict=True))
        rate_of = [f"{statistics.median(several):,.0f}" for several in (mine, theirs)]
        print(f"| {case.title} | {name} | {ratio:.2f} | {' | '.join(rate_of)} |", flush=True)


if __name__ == "__main__":
    main()
