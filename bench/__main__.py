"""The benchmark: `python -m bench --help`."""

import argparse
import json
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from leaky_relu import _core
from leaky_relu._comparison.operands import OPERATIONS, WAYS
from leaky_relu._comparison.peers import OURS, PEERS, why_unavailable
from leaky_relu._comparison.pictures import check_picture
from leaky_relu._info import info
from rich.console import Console

from bench import must, plot
from bench.layouts import DTYPES, LAYOUTS, PLAIN
from bench.measure import run, run_apart
from bench.placement import busy

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


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
    layouts = list_of(str, LAYOUTS)
    parser.add_argument(
        "--layouts",
        type=lambda text: list(LAYOUTS) if text == "all" else layouts(text),
        default=["contiguous"],
        help=f"all, or some of {', '.join(LAYOUTS)}",
    )
    parser.add_argument("--operations", type=list_of(str, OPERATIONS))
    parser.add_argument("--ways", type=list_of(str, WAYS), help="new, out, inplace")
    parser.add_argument("--peers", type=list_of(str, PEERS), default=list(PEERS))
    parser.add_argument("--threads", type=list_of(int), default=[1], help="for each peer alike")
    parser.add_argument("--pause", type=list_of(seconds), default=[0.0], help="before calls: 50us,1ms,20ms")
    parser.add_argument("--seconds", type=float, default=0.25, help="for each peer in a comparison")
    parser.add_argument("--target", help="SIMD target instead of the best one")
    parser.add_argument("--json", metavar="FILE", help="write what was measured")
    parser.add_argument(
        "--plot",
        metavar="FILE.svg",
        help="draw throughput by size (1 KiB to 256 MiB), or of several layouts the ratios",
    )
    parser.add_argument("--must", action="store_true", help="check the required ratios instead")
    parser.add_argument(
        "--only", default="", metavar="PATTERN", help="of --must, rows that have it (a regex)"
    )
    return parser.parse_args()


def versions() -> dict[str, str]:
    found = {}
    for name in ("numexpr", "numba", "torch", "onnxruntime", "ml_dtypes"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def main() -> int:
    options = arguments()
    if options.target:
        _core._use_target(options.target)
    if warning := busy():
        print(warning)
    if options.must:
        return must.check(Console(), options.sizes, options.only)
    by_size = options.plot and len(options.layouts) == 1
    if by_size:
        options.sizes = options.sizes or plot.SIZES
    if options.plot:
        check_picture(options.plot, force=True)
        options.operations = options.operations or ["forward"]
        options.ways = options.ways or ["out"]
    options.operations = options.operations or (list(PLAIN) if options.layouts == ["contiguous"] else None)
    options.ways = options.ways or list(WAYS)
    for peer in options.peers:
        if reason := why_unavailable(peer):
            print(f"without {peer}: {reason}")
    options.peers = [peer for peer in options.peers if why_unavailable(peer) is None and peer != OURS] or [
        OURS
    ]
    rows: list[dict[str, Any]] = []
    for threads in options.threads:
        options.threads = [threads]
        rows += run(options) if threads == 1 else run_apart(options)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(info() | {"versions": versions(), "rows": rows}, file, indent=1)
    if options.plot:
        (plot.throughput if by_size else plot.layouts)(rows, options.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
