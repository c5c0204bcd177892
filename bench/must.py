"""The ratios that must hold, as data; each is measured in one run, in turns (`python -m bench --must`)."""

import math
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import files
from timeit import Timer
from typing import NamedTuple

from leaky_relu._comparison.peers import why_unavailable
from rich.console import Console

from bench import training
from bench.cases import CACHE_LINE, Case
from bench.measure import compare_cases

NOISE = 1.03  # "not slower" allows for this
SECONDS = 0.5


class Requirement(NamedTuple):
    """Time of `mine` by time of `other`, at each size: at most `limit`."""

    mine: Case
    other: Case
    sizes: Sequence[int]
    limit: float
    pause: float = 0.0


NEW, OUT, IN_PLACE = (Case(way=way) for way in ("new", "out", "inplace"))
GRADIENT = Case(operation="gradient")
# Of a call on so few elements up to 15 % depend on where the allocator happens to put the output.
PLACED, PLACES = 1_000, range(0, CACHE_LINE, 16)
TINY, CACHED, MEMORY = (1, 10, 100), (10_000, 100_000, 1_000_000), (16_000_000, 64_000_000)


def beside(peer: str, mine: Case, sizes: Sequence[int], limit: float = NOISE) -> Requirement:
    """Require it beside the same call of a peer."""
    return Requirement(mine, mine._replace(peer=peer), sizes, limit)


def small_calls() -> Iterator[Requirement]:
    for sizes, new, out in ((TINY, 0.40, 0.28), ((1_000,), 0.45, 0.35)):
        yield beside("np.negative", NEW, sizes, new)
        yield beside("np.negative", OUT, sizes, out)
        yield beside("np.multiply", GRADIENT, sizes, out)
    yield beside("torch", NEW, (*TINY, 1_000), 1 / 8)


def in_cache() -> Iterator[Requirement]:
    for peer in ("torch", "numba"):
        yield beside(peer, OUT, CACHED)
        yield beside(peer, IN_PLACE, CACHED)
    for mine in (OUT, IN_PLACE):
        yield Requirement(mine, OUT._replace(peer="np.copyto"), CACHED, 1.08)
    yield beside("torch", GRADIENT, CACHED)
    for dtype, layout in (("float64", "contiguous"), ("float32", "strided"), ("float32", "transposed")):
        for peer in ("np.maximum", "np.where"):
            yield beside(peer, NEW._replace(dtype=dtype, layout=layout), (1, 1_000, 100_000, 1_000_000))


def sixteen_bits() -> Iterator[Requirement]:
    for dtype, cached, call in (("float16", 0.6, 1.4), ("bfloat16", 0.5, 2.0)):
        mine = OUT._replace(dtype=dtype)
        yield Requirement(mine, OUT, (1_000,), call)
        yield Requirement(mine, OUT, (10_000, 100_000), 1 / cached)
        yield Requirement(mine, OUT, (16_000_000,), 1 / 1.5)
        yield beside("torch", mine, (1_000, *CACHED, 16_000_000))


def in_memory() -> Iterator[Requirement]:
    for peer in ("torch", "np.copyto"):
        yield beside(peer, OUT, MEMORY, 1 / 1.25)
    yield beside("torch", GRADIENT, MEMORY, 1 / 1.15)
    for peer in ("torch", "np.maximum"):
        yield beside(peer, NEW, MEMORY, 1 / 6)
    yield Requirement(NEW, OUT, MEMORY, 1.3)
    yield beside("torch", IN_PLACE, MEMORY)
    for mine, limit in ((OUT, 1 / 1.1), (GRADIENT, 1 / 1.1), (IN_PLACE, NOISE)):
        yield beside("torch", mine._replace(threads=2), MEMORY, limit)


def two_threads() -> Iterator[Requirement]:
    two = OUT._replace(threads=2)
    yield Requirement(two, OUT, (1_000_000,), 1 / 1.6)
    yield beside("torch", two, (1_000_000,), 1.0)
    for pause in (50e-6, 1e-3, 20e-3):
        yield Requirement(two, OUT, (100_000,), 1.1, pause)


def ratio(mine: Timer, other: Timer, limit: float, threads: int = 1, pause: float = 0.0) -> float:
    value = math.inf
    for seconds in (SECONDS, 4 * SECONDS):  # what fails may be a burst of noise: the longer one counts
        if value > limit:
            timers = {"mine": mine, "other": other}
            value = 1 / compare_cases(timers, "mine", threads, seconds, pause)["other"].ratio
    return value


def milliseconds_of_import(interpreters: int = 15) -> float:
    """Return what importing leaky_relu adds to importing NumPy: the median of fresh interpreters."""
    code = "import time, numpy; t = time.perf_counter(); import leaky_relu; print(time.perf_counter() - t)"
    runs = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        for _ in range(interpreters)
    ]
    return 1e3 * statistics.median(float(run.stdout) for run in runs)


def megabytes_installed() -> float:
    return sum(file.size or 0 for file in files("leaky-relu") or ()) / 1e6


def check(console: Console, only_sizes: Sequence[int] | None) -> int:
    """Measure and print them all; return 1 if one fails."""
    failed = 0

    def report(text: str, value: float, limit: float) -> None:
        nonlocal failed
        failed += value > limit
        verdict = "[green]pass[/]" if value <= limit else f"[red]FAIL[/] by {value / limit - 1:.0%}"
        console.print(f"{text:<78} {value:6.3f} <= {limit:5.3f} {verdict}", soft_wrap=True, highlight=False)

    report("import leaky_relu after numpy, ms", milliseconds_of_import(), 4.0)
    report("installed size, MB", megabytes_installed(), 1.5)
    for requirements in (small_calls(), in_cache(), sixteen_bits(), in_memory(), two_threads()):
        for requirement in requirements:
            mine, other, sizes, limit, pause = requirement
            same_call = other == mine._replace(peer=other.peer)
            text = f"{mine} / {other.peer if same_call else other}" + f", pause {pause * 1e6:g} us" * bool(
                pause
            )
            for size in sizes:
                if only_sizes and size not in only_sizes:
                    continue
                if reason := why_unavailable(other.peer):
                    console.print(f"{size:>10,} {text}: not measured, {reason}", soft_wrap=True)
                    continue
                value = statistics.median(
                    ratio(mine.timer(size, place), other.timer(size, place), limit, mine.threads, pause)
                    for place in (PLACES if size == PLACED else (None,))
                )
                report(f"{size:>10,} {text}", value, limit)
    for pair in training.pairs():
        if not only_sizes or pair.size in only_sizes:
            report(f"{pair.size:>10,} {pair.text}", ratio(pair.mine, pair.other, pair.limit), pair.limit)
    console.print(f"{failed} failed" if failed else "all pass")
    return int(failed > 0)
