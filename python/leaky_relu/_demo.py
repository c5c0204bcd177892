"""The demonstration: what is installed, what it computes, how fast it is beside its peers."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

import leaky_relu
from leaky_relu._checked_timer import checked_timer
from leaky_relu._peers import OPERATIONS, OURS, PEERS, WAYS, Operands, why_unavailable
from leaky_relu._timing import compare

SIZES = (1_000, 100_000, 1_000_000)
_KINDS = [(operation, way) for operation in OPERATIONS for way in ("new", "out")]


def about() -> dict[str, Any]:
    return {
        "leaky_relu": leaky_relu.__version__,
        "numpy": np.__version__,
        "simd_target": leaky_relu.simd_target(),
        "simd_targets": leaky_relu.simd_targets(),
    }


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


def peers() -> tuple[list[str], list[str]]:
    """Return the peers that can be measured here, and a note on each of the others."""
    names = [name for name, peer in PEERS.items() if not peer.ceiling]
    reasons = {name: reason for name in names if (reason := why_unavailable(name))}
    return [name for name in names if name not in reasons], [f"without {n}: {r}" for n, r in reasons.items()]


def comparisons(
    seconds: float, names: Collection[str], sizes: Sequence[int] = SIZES
) -> Iterator[list[dict[str, Any]]]:
    """Yield what was measured of all peers at all sizes, a list for each operation and way to call."""
    rng = np.random.default_rng(0)
    for operation, way in _KINDS:
        rows: list[dict[str, Any]] = []
        for size in sizes:
            x, g = rng.standard_normal((2, size), dtype=np.float32)
            operands = Operands(x, g, np.empty_like(x))
            able = [name for name in names if PEERS[name].takes(operation, way, x)]
            timers = {name: checked_timer(name, operation, way, operands) for name in able}
            share = seconds / len(_KINDS) / len(sizes)
            for name, timing in compare(timers, reference=OURS, seconds=share).items():
                row = {"operation": operation, "way": WAYS[way], "size": size, "peer": name}
                rows.append(row | {"seconds": timing.best, "ratio": timing.ratio})
        yield rows


def as_json(seconds: float) -> dict[str, Any]:
    names, notes = peers() if seconds else ([], [])
    rows = [row for block in comparisons(seconds, names) for row in block] if seconds else []
    return about() | {"values": values(), "timings": rows, "notes": notes}


def show(seconds: float) -> None:
    facts = about()
    print(f"leaky-relu {facts['leaky_relu']} with NumPy {facts['numpy']}")
    print(f"SIMD target {facts['simd_target']}; this machine can run {', '.join(facts['simd_targets'])}\n")
    points = values()
    for line in ({name: name for name in points[0]}, *points):
        print("".join(f"{text:>8}" for text in line.values()))
    if not seconds:
        return
    print("\nA call on float32 arrays, one thread each: the best time in us, and how many times leaky_relu's")
    print("it takes (the median of the ratios of interleaved turns).", flush=True)
    names, notes = peers()
    for rows in comparisons(seconds, names):
        print(f"\n{rows[0]['operation'] + ', ' + rows[0]['way']:<24}" + "".join(f"{n:>18,}" for n in SIZES))
        for name in dict.fromkeys(row["peer"] for row in rows):
            cells = [f"{r['seconds'] * 1e6:>9,.2f} {r['ratio']:>6.1f} x" for r in rows if r["peer"] == name]
            print(f"  {name:<22}" + "".join(cells), flush=True)
    print("", *notes, sep="\n")
