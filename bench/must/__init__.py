"""The ratios that must hold, as data; each is measured in one run, in turns (`python -m bench --must`)."""

import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import leaky_relu
from rich.console import Console

from bench.must import contiguous, fused, training, views
from bench.must.requirement import ratio

REQUIREMENTS = (
    contiguous.small_calls,
    contiguous.in_cache,
    contiguous.sixteen_bits,
    contiguous.in_memory,
    contiguous.two_threads,
    views.rows,
    views.strides,
    views.transposed,
    views.channels,
    views.scalars_and_small_integers,
    views.two_threads,
    fused.forward,
    fused.gradients,
    fused.small_calls,
)


def milliseconds_of_import(interpreters: int = 15) -> float:
    """Return what importing leaky_relu adds to importing NumPy: the median of fresh interpreters."""
    code = "import time, numpy; t = time.perf_counter(); import leaky_relu; print(time.perf_counter() - t)"
    runs = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        for _ in range(interpreters)
    ]
    return 1e3 * statistics.median(float(run.stdout) for run in runs)


def megabytes_installed() -> float:
    """Return the size of the package's folder, without compiled Python."""
    files = Path(leaky_relu.__file__).parent.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file() and file.suffix != ".pyc") / 1e6


def check(console: Console, only_sizes: Sequence[int] | None, only: str = "") -> int:
    """Measure those whose text has the pattern `only`, and print them; return 1 if one fails."""
    failed = 0

    def wanted(text: str, size: int = 0) -> bool:
        return bool(re.search(only, text)) and (not only_sizes or size in only_sizes)

    def report(text: str, value: float, limit: float) -> None:
        nonlocal failed
        failed += value > limit
        verdict = "[green]pass[/]" if value <= limit else f"[red]FAIL[/] by {value / limit - 1:.0%}"
        console.print(f"{text:<78} {value:6.3f} <= {limit:5.3f} {verdict}", soft_wrap=True, highlight=False)

    for text, measure, limit in (
        ("import leaky_relu after numpy, ms", milliseconds_of_import, 4.0),
        ("installed size, MB", megabytes_installed, 1.5),
    ):
        if wanted(text):
            report(text, measure(), limit)
    for requirement in (row for rows in REQUIREMENTS for row in rows()):
        for size in requirement.sizes:
            text = f"{size:>10,} {requirement}"
            if not wanted(text, size):
                continue
            if reason := requirement.mine.why_not() or requirement.other.why_not():
                console.print(f"{text}: not measured, {reason}", soft_wrap=True, highlight=False)
            else:
                report(text, requirement.measure(size), requirement.limit)
    for text, size, limit, pair in training.PAIRS:
        text = f"{size:>10,} {text}"
        if wanted(text, size):
            report(text, ratio(*pair(), limit), limit)
    console.print(f"{failed} failed" if failed else "all pass")
    return int(failed > 0)
