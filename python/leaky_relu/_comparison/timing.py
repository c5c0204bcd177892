"""Interleaved timing: the one way in which this project compares speeds."""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from timeit import Timer

import numpy as np

_WARM = 31 << 20  # bytes; 32 MiB is where glibc never keeps memory
_TURN = 0.01  # seconds; short enough that noise of the machine meets all candidates alike
_FEWEST_ROUNDS = 3


@dataclass(frozen=True)
class Timing:
    """What was seen of one candidate: ``best`` in seconds a call, ``ratio`` to the reference."""

    best: float
    ratio: float


def compare(
    candidates: Mapping[str, Timer],
    *,
    reference: str,
    seconds: float = 1.0,
    pause: float = 0.0,
    lead_in: float = 0.0,
) -> dict[str, Timing]:
    """
    Time candidates in turns, A B C A B C and so on, with memory at hand.

    Parameters
    ----------
    candidates : mapping of str to timeit.Timer
        A statement each. Timers rather than callables: a function around a call of 50 ns would cost as much
        as the call. Their setup runs, untimed, before each turn.
    reference : str
        The candidate that the others are compared with.
    seconds : float
        Stop after the round in which they have passed (three rounds at least).
    pause : float
        Seconds before each measured call, spent computing as a program would: long enough a pause and the
        workers of a thread pool are asleep.
    lead_in : float
        Seconds of calls before each turn that do not count; 0.03 with threads. The workers of some pools
        (OpenMP's, for 10 ms) go on spinning after their last job, on the CPUs that the next candidate needs;
        and its own may sleep by then, and take several calls to wake.

    Returns
    -------
    dict of str to Timing
        The time of the best turn of each, and the median over the rounds of its time by the reference's.
    """
    _warm_up_allocator()
    calls = {name: _calls_in_a_turn(timer, pause, lead_in) for name, timer in candidates.items()}
    turns: dict[str, list[float]] = {name: [] for name in candidates}
    end = time.perf_counter() + seconds
    while len(turns[reference]) < _FEWEST_ROUNDS or time.perf_counter() < end:
        for name, timer in candidates.items():
            _lead_in(timer, calls[name], pause, lead_in)
            turns[name].append(_mean(timer, calls[name], pause))
    return {
        name: Timing(
            min(times), statistics.median(t / r for t, r in zip(times, turns[reference], strict=True))
        )
        for name, times in turns.items()
    }


def _warm_up_allocator() -> None:
    """
    Let the C library keep freed memory, as it does in any process that has freed a large array.

    In a fresh one glibc gives the temporaries of a NumPy expression back to the system at every call, and the
    page faults take up to twenty times as long as the computation: a peer would be shown at its worst. Having
    freed a block of that size, glibc keeps as much (mallopt(3), M_MMAP_THRESHOLD).
    """
    np.empty(_WARM, np.uint8)


def _calls_in_a_turn(timer: Timer, pause: float, lead_in: float) -> int:
    timer.timeit(1)
    _lead_in(timer, 1, 0.0, lead_in)
    calls = 1
    while (elapsed := timer.timeit(calls)) < _TURN / 10:
        calls *= 4
    return max(1, int(_TURN / (elapsed / calls + pause)))


def _lead_in(timer: Timer, calls: int, pause: float, seconds: float) -> None:
    if calls > 1:
        timer.timeit(1)  # fetches back into the caches what the candidate before has pushed out
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        _mean(timer, calls, pause)


def _mean(timer: Timer, calls: int, pause: float) -> float:
    if not pause:
        return timer.timeit(calls) / calls
    total = 0.0
    for _ in range(calls):
        resume = time.perf_counter() + pause
        while time.perf_counter() < resume:
            pass
        total += timer.timeit(1)
    return total / calls
