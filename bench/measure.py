"""Measures cases as the options tell, and prints a table of each group."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from itertools import product
from multiprocessing import get_context
from timeit import Timer
from typing import Any

import numpy as np
from leaky_relu import _core
from leaky_relu._comparison.peers import OURS, why_impossible
from leaky_relu._comparison.timing import Timing, compare
from rich.console import Console
from rich.table import Table

from bench.cases import SIZES, Case
from bench.layouts import LAYOUTS
from bench.placement import threads_apart

LEAD_IN = 0.03  # seconds; where there are threads


def compare_cases(
    timers: dict[str, Timer], reference: str, threads: int, seconds: float, pause: float
) -> dict[str, Timing]:
    if threads == 1:
        return compare(timers, reference=reference, seconds=seconds, pause=pause)
    # After a pause what counts is how workers wake, and where they do is part of that.
    with nullcontext() if pause else threads_apart():
        return compare(timers, reference=reference, seconds=seconds, pause=pause, lead_in=LEAD_IN)


def measure(options: Namespace, group: Case, pause: float) -> Iterator[dict[str, Any]]:
    """Yield a row for each size and peer; ours comes first."""
    others = [group._replace(peer=peer) for peer in options.peers if peer != OURS]
    cases = [group, *(case for case in others if case.why_not() is None)]
    for size in options.sizes or default_sizes(group.layout):
        timers = {case.peer: case.timer(size) for case in cases}
        found = compare_cases(timers, OURS, group.threads, options.seconds * len(cases), pause)
        for case in cases:
            timing = found[case.peer]
            measured = {
                "size": size,
                "bytes": np.dtype(case.dtype).itemsize,
                "pause": pause,
                "seconds": timing.best,
                "ours": found[OURS].best,
            }
            yield case._asdict() | measured | {"ours_by_peer": 1 / timing.ratio}


def table(title: str, rows: list[dict[str, Any]]) -> Table:
    result = Table(title=title, title_justify="left")
    for column in ("elements", "peer", "leaky_relu, us", "peer, us", "leaky_relu / peer"):
        result.add_column(column, justify="left" if column == "peer" else "right")
    for row in rows:
        if row["peer"] != OURS or len(rows) == len({row["size"] for row in rows}):
            times = (f"{row[name] * 1e6:,.2f}" for name in ("ours", "seconds"))
            result.add_row(f"{row['size']:,}", row["peer"], *times, f"{row['ours_by_peer']:.2f}")
    return result


def run(options: Namespace) -> list[dict[str, Any]]:
    if options.target:
        _core._use_target(options.target)
    rows: list[dict[str, Any]] = []
    for layout, pause in product(options.layouts, options.pause):
        operations = options.operations or LAYOUTS[layout].operations
        for of_case in product(operations, options.ways, options.dtypes, [layout], options.threads):
            case = Case(OURS, *of_case)
            if case.why_not():
                if reason := why_impossible(case.operation):
                    print(f"without {case.call()}: {reason}")
                continue
            new = list(measure(options, case, pause))
            title = case.call() + f", {pause * 1e6:g} us after the call before" * bool(pause)
            Console().print(table(title, new))
            rows += new
    return rows


def default_sizes(layout: str) -> Sequence[int]:
    return SIZES if layout == "contiguous" else (LAYOUTS[layout].size,)


def run_apart(options: Namespace) -> list[dict[str, Any]]:
    """Run each peer in a process of its own: two OpenMP pools in one make each other 100 times slower."""
    each = [Namespace(**{**vars(options), "peers": [peer]}) for peer in options.peers]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as fresh:
        rows = [row for part in fresh.map(run, each) for row in part]
    of_ours = {
        (*(row[f] for f in Case._fields), row["size"], row["pause"]): row
        for row in rows
        if row["peer"] == OURS
    }
    return [*of_ours.values(), *(row for row in rows if row["peer"] != OURS)]
