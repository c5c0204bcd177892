"""Pictures and tables of the speed page, all from one run: `nox -s figures`, or `python -m bench.figures`."""

import argparse
import json
import os
import re
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from leaky_relu._comparison.demonstration import duration, three_digits
from leaky_relu._comparison.operands import WAYS
from leaky_relu._comparison.peers import OURS, PEERS, why_unavailable
from leaky_relu._comparison.pictures import picture
from leaky_relu._info import info
from rich.console import Console

from bench import must, plot
from bench.__main__ import list_of, versions
from bench.cases import SIZES
from bench.layouts import BIAS, LAYOUTS
from bench.measure import run, run_apart

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "figures"
RUN = ROOT / "build" / "figures.json"
README = ROOT / "README.md"
UNMEASURED = "not measured yet: nox -s figures"
MUST = "must"
CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

Rows = list[dict[str, Any]]


class Figure(NamedTuple):
    """What is measured (options of `python -m bench`), and how it is drawn."""

    draw: Callable[[Rows, str], None]
    options: dict[str, Any]


FIGURES = {
    "calls": Figure(
        plot.calls, {"sizes": SIZES[:-1], "operations": ["forward", "gradient"], "ways": list(WAYS)}
    ),
    "throughput": Figure(
        plot.throughput, {"sizes": plot.SIZES, "operations": ["forward"], "threads": sorted({1, CPUS})}
    ),
    "layouts": Figure(
        plot.layouts,
        {"layouts": list(LAYOUTS), "operations": ["forward", "gradient", "slopes", "prelu"]},
    ),
    "fused": Figure(
        plot.layouts,
        {"layouts": [n for n, of in LAYOUTS.items() if set(BIAS) <= {*of.operations}], "operations": [*BIAS]},
    ),
}
NAMES = {"torch": "PyTorch", "onnxruntime": "ONNX Runtime"}
# The rows of the table that README.md shows, and the comments around it.
SHORT = [
    ("forward", "new", 1_000),
    ("forward", "out", 100_000),
    ("forward", "inplace", 1_000_000),
    ("gradient", "out", 16_000_000),
]
BETWEEN = re.compile(r"(<!-- What is between .*? -->\n).*(<!-- As far as here. -->\n)", re.DOTALL)
USUAL = {"layouts": ["contiguous"], "dtypes": ["float32"], "ways": ["out"], "threads": [1], "sizes": None}


def measure(stages: list[str], seconds: float) -> None:
    """Measure some figures, or the ratios that must hold, and keep each as soon as it is there."""
    measured = json.loads(RUN.read_text("utf-8")) if RUN.exists() else {"rows": {}}
    RUN.parent.mkdir(exist_ok=True)
    for stage in stages:
        began = time.monotonic()
        if stage == MUST:
            console = Console(record=True, width=120)
            must.check(console, None)
            measured[MUST] = console.export_text()
        else:
            measured["rows"][stage] = rows_of(FIGURES[stage], seconds)
        measured["facts"] = info() | {"versions": versions()}
        RUN.write_text(json.dumps(measured), encoding="utf-8")
        print(f"{stage}: {time.monotonic() - began:.0f} s", flush=True)


def rows_of(figure: Figure, seconds: float) -> Rows:
    peers = [name for name in PEERS if name != OURS and why_unavailable(name) is None] or [OURS]
    options = Namespace(
        **USUAL | {"pause": [0.0], "target": None, "seconds": seconds, "peers": peers} | figure.options
    )
    rows = []
    for threads in options.threads:
        options.threads = [threads]
        rows += run(options) if threads == 1 else run_apart(options)
    return rows


def machine(facts: dict[str, Any]) -> str:
    packages = {"NumPy": facts["numpy"], **facts["versions"]}
    named = ", ".join(f"{name} {version}" for name, version in packages.items())
    system = " ".join(facts["platform"].split("-")[:2])
    return (
        f"leaky-relu {facts['leaky_relu']} on {facts['cpu']} ({facts['simd_target']}), {system}, "
        f"Python {facts['python']}; {named}.\n"
    )


def table(rows: Rows) -> str:
    """Give the time of ours by call and size, and how many times as long each peer takes, as Markdown."""
    peers = [name for name in PEERS if any(row["peer"] == name != OURS for row in rows)]
    times = {(row["operation"], row["way"], row["size"]): row["ours"] for row in rows}
    ratios = {
        (row["operation"], row["way"], row["size"], row["peer"]): 1 / row["ours_by_peer"] for row in rows
    }
    lines = [
        f"| call | elements | {' | '.join(NAMES.get(name, name) for name in [OURS, *peers])} |",
        f"|---|---:|{'---:|' * (1 + len(peers))}",
    ]
    for call, seconds in times.items():
        operation, way, size = call
        beside = [three_digits(ratios[*call, peer]) if (*call, peer) in ratios else "" for peer in peers]
        words = [*[operation] * (operation != "forward"), WAYS[way].replace("out=", "`out=`")]
        cells = [", ".join(words), f"{size:,}", duration(seconds).replace("us", "µs"), *beside]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def short_table(rows: Rows) -> str:
    """Give the few rows that README.md has room for, without what is no peer."""
    return table(
        [
            row
            for row in rows
            if (row["operation"], row["way"], row["size"]) in SHORT and not PEERS[row["peer"]].ceiling
        ]
    )


def write(measured: dict[str, Any]) -> None:
    """Draw and write those that have been measured; the others stay as they are."""
    rows = measured["rows"]
    for name in rows:
        FIGURES[name].draw(rows[name], str(FOLDER / f"{name}.svg"))
    if MUST in measured:
        (FOLDER / "must.txt").write_text(measured[MUST], encoding="utf-8")
    (FOLDER / "machine.md").write_text(machine(measured["facts"]), encoding="utf-8")
    if "calls" not in rows:
        return
    (FOLDER / "calls.md").write_text(table(rows["calls"]), encoding="utf-8")
    between = f"{short_table(rows['calls'])}\n{machine(measured['facts'])}"
    readme = BETWEEN.sub(lambda found: found[1] + between + found[2], README.read_text("utf-8"))
    README.write_text(readme, encoding="utf-8")


def write_placeholders() -> None:
    """Write what the page includes before there has been a run."""
    for name in FIGURES:
        with picture(str(FOLDER / f"{name}.svg"), size=(6, 1), force=True) as (axes,):
            axes.set_axis_off()
            axes.text(0.5, 0.5, UNMEASURED, ha="center", va="center")
    for name in ("machine.md", "calls.md", "must.txt"):
        (FOLDER / name).write_text(f"{UNMEASURED}\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.figures", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.25, help="for each peer in a comparison")
    stages = [*FIGURES, MUST]
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--only",
        type=list_of(str, stages),
        default=stages,
        help=f"some of {', '.join(stages)}; the others stay as they were in the last run, {RUN.name}",
    )
    what.add_argument("--draw", action="store_true", help="draw the last run anew")
    what.add_argument("--placeholders", action="store_true", help="measure nothing")
    options = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    if options.placeholders:
        return write_placeholders()
    if not options.draw:
        measure(options.only, options.seconds)
    return write(json.loads(RUN.read_text("utf-8")))


if __name__ == "__main__":
    main()
