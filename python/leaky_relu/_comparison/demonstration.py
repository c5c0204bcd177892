"""The demonstration: what is installed, what it computes, how fast it is beside its peers."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

import leaky_relu
from leaky_relu._comparison.checked_timer import checked_timer
from leaky_relu._comparison.operands import WAYS, Operands
from leaky_relu._comparison.peers import OURS, PEERS, why_impossible, why_unavailable
from leaky_relu._comparison.timing import compare
from leaky_relu._info import info

SIZES = (1_000, 100_000, 1_000_000)
CHANNELS = 100  # that have a bias of their own
KINDS = (("forward", "new"), ("forward", "out"), ("gradient", "new"), ("gradient", "out"), ("bias", "out"))


def values() -> list[dict[str, str]]:
    """Return the function and its derivative at the points that matter, as text (JSON has no infinity)."""
    x = np.array([-np.inf, -2.0, -0.0, 0.0, 3.0, np.inf, np.nan])
    columns = {
        "x": x,
        "f(x)": leaky_relu.leaky_relu(x),
        "f'(x)": leaky_relu.leaky_relu_grad(np.ones_like(x), x),
    }
    return [
        {name: f"{value:g}" for name, value in zip(columns, row, strict=True)}
        for row in zip(*columns.values(), strict=True)
    ]


def available_peers() -> tuple[list[str], dict[str, str]]:
    """Return the peers that can be measured here, and of the others why they cannot."""
    names = [name for name, peer in PEERS.items() if not peer.ceiling]
    reasons = {name: reason for name in names if (reason := why_unavailable(name))}
    return [name for name in names if name not in reasons], reasons


def compare_at(
    operation: str, way: str, size: int, names: Collection[str], seconds: float
) -> list[dict[str, Any]]:
    """Measure the peers that have such a call; ours comes first."""
    rng = np.random.default_rng(0)
    shape = (size // CHANNELS, CHANNELS) if operation == "bias" else (size,)
    x, g = rng.standard_normal((2, *shape), dtype=np.float32)
    bias = rng.standard_normal(shape[-1], dtype=np.float32)
    operands = Operands(x, g, np.empty_like(x), bias=bias)
    able = [name for name in names if PEERS[name].takes(operation, way, operands)]
    timers = {name: checked_timer(name, operation, way, operands) for name in able}
    found = compare(timers, reference=OURS, seconds=seconds)
    call = {"operation": operation, "way": WAYS[way], "size": size}
    return [call | {"peer": name, "seconds": t.best, "ratio": t.ratio} for name, t in found.items()]


def comparisons(
    seconds: float, names: Collection[str], sizes: Sequence[int] = SIZES
) -> Iterator[list[dict[str, Any]]]:
    """Yield what was measured of all peers at all sizes, a list for each operation and way to call."""
    kinds = [kind for kind in KINDS if why_impossible(kind[0]) is None]
    share = seconds / len(kinds) / len(sizes)
    for operation, way in kinds:
        yield [row for size in sizes for row in compare_at(operation, way, size, names, share)]


def as_json(seconds: float) -> dict[str, Any]:
    names, reasons = available_peers() if seconds else ([], {})
    rows = [row for block in comparisons(seconds, names) for row in block] if seconds else []
    return info() | {"values": values(), "timings": rows, "not_compared": reasons}


def show(seconds: float) -> None:
    facts = info()
    print(f"leaky-relu {facts['leaky_relu']} with NumPy {facts['numpy']}")
    print(f"SIMD target {facts['simd_target']}; this machine can run {', '.join(facts['simd_targets'])}\n")
    points = values()
    for line in ({name: name for name in points[0]}, *points):
        print("".join(f"{text:>8}" for text in line.values()))
    if not seconds:
        return
    names, reasons = available_peers()
    print("\nTime of a call on float32 arrays, one thread, and how many times leaky_relu's that is. All take")
    print("turns on the same arrays: the time is that of the best turn, the ratio the median of all turns.")
    print("Memory is at hand, as after the first calls of a program; in a fresh one NumPy's temporaries")
    print("take much longer.")
    if reasons:
        print(_in_one_line(reasons))
    print("elements".rjust(22) + "".join(f"{size:>20,}" for size in SIZES), flush=True)
    for rows in comparisons(seconds, names):
        measured = dict.fromkeys(row["peer"] for row in rows)
        alone = " (nothing else here has such a call)" * (len(measured) == 1)
        print(f"{rows[0]['operation']}, {rows[0]['way']}{alone}")
        for name in measured:
            cells = [_cell(row) for row in rows if row["peer"] == name]
            print((f"  {name:<20}" + "".join(cells)).rstrip(), flush=True)


def _cell(row: dict[str, Any]) -> str:
    ratio = "" if row["peer"] == OURS else f"{three_digits(row['ratio'])} x"
    return f"{duration(row['seconds']):>12}{ratio:>8}"


def _in_one_line(reasons: dict[str, str], width: int = 99) -> str:
    absent = [name for name, reason in reasons.items() if reason.endswith("not installed")]
    broken = [reason for name, reason in reasons.items() if name not in absent]
    line = " ".join([f"Not installed: {', '.join(absent)}."] * bool(absent) + broken)
    return line if len(line) <= width else line[: width - 4] + " ..."


def duration(seconds: float) -> str:
    """Write a time for people: 0.0612 us, 4.90 us, 2.41 ms."""
    for unit, factor in (("us", 1e6), ("ms", 1e3)):
        if seconds * factor < 999.5:
            return f"{three_digits(seconds * factor)} {unit}"
    return f"{three_digits(seconds)} s"


def three_digits(value: float) -> str:
    """Write a positive number with three significant digits, and no exponent below 100,000."""
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 99.95 else f"{value:#.3g}"
