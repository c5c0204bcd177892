"""What is measured: a case is one call of one peer on given arrays, ready to be timed."""

from timeit import Timer
from typing import NamedTuple

from leaky_relu._comparison.checked_timer import checked_timer
from leaky_relu._comparison.operands import WAYS
from leaky_relu._comparison.peers import OURS, PEERS, why_impossible, why_unavailable

from bench.layouts import LAYOUTS, operands_of

SIZES = (1, 100, 1_000, 10_000, 100_000, 1_000_000, 16_000_000, 64_000_000)


class Case(NamedTuple):
    peer: str = OURS
    operation: str = "forward"
    way: str = "out"
    dtype: str = "float32"
    layout: str = "contiguous"
    threads: int = 1

    def __str__(self) -> str:
        return f"{self.peer} {self.call()}"

    def call(self) -> str:
        words = [self.operation, WAYS[self.way], self.dtype]
        words += [LAYOUTS[self.layout].label] * (self.layout != "contiguous")
        return " ".join(words + [f"T={self.threads}"] * (self.threads > 1))

    def why_not(self) -> str | None:
        """Return why it cannot be measured; None if it can."""
        if self.operation not in LAYOUTS[self.layout].operations:
            return f"{self.layout} is for {', '.join(LAYOUTS[self.layout].operations)}"
        if self.peer != "torch" and (reason := why_impossible(self.operation)):
            return reason
        if reason := why_unavailable(self.peer):
            return reason
        operands = operands_of(8, self.dtype, self.layout, self.threads)  # a single one is always contiguous
        takes = PEERS[self.peer].takes(self.operation, self.way, operands)
        return None if takes else f"{self.peer} has no such call"

    def timer(self, size: int, y_after_x: int | None = None) -> Timer:
        operands = operands_of(size, self.dtype, self.layout, self.threads, y_after_x)
        return checked_timer(self.peer, self.operation, self.way, operands)
