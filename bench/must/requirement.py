"""What a row of `python -m bench --must` is made of."""

import math
import statistics
from collections.abc import Sequence
from timeit import Timer
from typing import NamedTuple

from bench.cases import Case
from bench.layouts import CACHE_LINE
from bench.measure import compare_cases

NOISE = 1.03  # "not slower" allows for this
SECONDS = 0.5

NEW, OUT, IN_PLACE = (Case(way=way) for way in ("new", "out", "inplace"))
GRADIENT = Case(operation="gradient")
TINY, CACHED, MEMORY = (1, 10, 100), (10_000, 100_000, 1_000_000), (16_000_000, 64_000_000)
# Of a call on so few elements up to 15 % depend on where the allocator happens to put the output.
PLACED, PLACES = 1_000, range(0, CACHE_LINE, 16)


class Requirement(NamedTuple):
    """Time of `mine` by time of `other`, at each size: at most `limit`."""

    mine: Case
    other: Case
    sizes: Sequence[int]
    limit: float
    pause: float = 0.0

    def __str__(self) -> str:
        same_call = self.other == self.mine._replace(peer=self.other.peer)
        pause = f", pause {self.pause * 1e6:g} us" * bool(self.pause)
        return f"{self.mine} / {self.other.peer if same_call else self.other}{pause}"

    def measure(self, size: int) -> float:
        places = PLACES if size == PLACED and self.mine.layout == "contiguous" else (None,)
        return statistics.median(
            ratio(
                self.mine.timer(size, place),
                self.other.timer(size, place),
                self.limit,
                self.mine.threads,
                self.pause,
            )
            for place in places
        )


def beside(peer: str, mine: Case, sizes: Sequence[int], limit: float = NOISE) -> Requirement:
    """Require it beside the same call of a peer."""
    return Requirement(mine, mine._replace(peer=peer), sizes, limit)


def ratio(mine: Timer, other: Timer, limit: float, threads: int = 1, pause: float = 0.0) -> float:
    value = math.inf
    for seconds in (SECONDS, 4 * SECONDS):  # what fails may be a burst of noise: the longer one counts
        if value > limit:
            timers = {"mine": mine, "other": other}
            value = 1 / compare_cases(timers, "mine", threads, seconds, pause)["other"].ratio
    return value
