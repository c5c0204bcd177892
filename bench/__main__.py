"""The benchmark: `python -m bench --help`."""

import argparse
import json
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from typing import Any

import leaky_relu
import numpy as np
from leaky_relu import _core
from leaky_relu._peers import OPERATIONS, OURS, PEERS, WAYS, why_unavailable
from leaky_relu._timing import compare
from rich.console import Console
from rich.table import Table

from bench import must, plot
from bench.cases import DTYPES, LAYOUTS, SIZES, Case

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
LEAD_IN = 0.03  # where there are threads


def seconds(text: str) -> float:
    number = text.rstrip("mus")
    return float(number) * UNITS[text[len(number) :]] if number != text else float(text)


def list_of(kind: type | Any, choices: Any = None) -> Any:
    def parse(text: str) -> list[Any]:
        items = [kind(item.replace("_", "") if kind is int else item) for item in text.split(",")]
        for item in items:
            if choices is not None and item not in choices:
                raise argparse.ArgumentTypeError(f"{item!r} is not one of {', '.join(choices)}")
        return items

    return parse


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Lists are separated by commas.")
    parser.add_argument("--sizes", type=list_of(int), help="elements")
    parser.add_argument("--dtypes", type=list_of(str, DTYPES), default=["float32"])
    parser.add_argument("--layouts", type=list_of(str, LAYOUTS), default=["contiguous"])
    parser.add_argument("--operations", type=list_of(str, OPERATIONS))
    parser.add_argument("--ways", type=list_of(str, WAYS), help="new, out, inplace")
    parser.add_argument("--peers", type=list_of(str, PEERS), default=list(PEERS))
    parser.add_argument("--threads", type=list_of(int), default=[1], help="for each peer alike")
    parser.add_argument("--pause", type=list_of(seconds), default=[0.0], help="before calls: 50us,1ms,20ms")
    parser.add_argument("--seconds", type=float, default=0.25, help="for each peer in a comparison")
    parser.add_argument("--target", help="SIMD target instead of the best one")
    parser.add_argument("--json", metavar="FILE", help="write what was measured")
    parser.add_argument("--plot", metavar="FILE.png", help="draw throughput by size, 1 KB to 1 GB")
    parser.add_argument("--must", action="store_true", help="check the required ratios instead")
    return parser.parse_args()


def measure(options: argparse.Namespace, group: Case, pause: float) -> Iterator[dict[str, Any]]:
    """Yield a row for each size and peer; ours comes first."""
    able = [case for peer in options.peers if (case := group._replace(peer=peer)).can_be_measured()]
    cases = [group, *(case for case in able if case.peer != OURS)]
    for size in options.sizes:
        found = compare(
            {case.peer: case.timer(size) for case in cases},
            reference=OURS,
            seconds=options.seconds * len(cases),
            pause=pause,
            lead_in=LEAD_IN if group.threads > 1 else 0.0,
        )
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


def about() -> dict[str, Any]:
    versions = {}
    for name in ("leaky-relu", "numpy", "numexpr", "numba", "torch", "onnxruntime", "ml_dtypes"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {"python": platform.python_version(), "versions": versions, "target": leaky_relu.simd_target()}


def main() -> int:
    options = arguments()
    if options.target:
        _core._use_target(options.target)
    console = Console()
    if options.must:
        return must.check(console, options.sizes)
    options.sizes = options.sizes or (plot.SIZES if options.plot else SIZES)
    options.operations = options.operations or (["forward"] if options.plot else list(OPERATIONS))
    options.ways = options.ways or (["out"] if options.plot else list(WAYS))
    for peer in options.peers:
        if reason := why_unavailable(peer):
            console.print(f"without {peer}: {reason}")
    rows: list[dict[str, Any]] = []
    axes = (options.operations, options.ways, options.dtypes, options.layouts, options.threads)
    for *of_case, pause in product(*axes, options.pause):
        case = Case(OURS, *of_case)
        new = list(measure(options, case, pause))
        console.print(table(f"{case}" + f", {pause * 1e6:g} us after the call before" * bool(pause), new))
        rows += new
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(about() | {"rows": rows}, file, indent=1)
    if options.plot:
        plot.draw(rows, options.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
