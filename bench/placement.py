"""A CPU for the caller and others for the workers."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def threads_apart() -> Iterator[None]:
    """
    Keep the workers of all pools, ours and others', off the CPU of the caller (Linux).

    Some virtual machines pack threads on one CPU while another idles. An OpenMP worker that shares the CPU of
    the caller makes each call last a time slice of 8 ms: that would measure the machine, not the peer.
    """
    if sys.platform != "linux" or len(everywhere := os.sched_getaffinity(0)) < 2:
        yield
        return
    here = min(everywhere)
    _place({here}, everywhere - {here})
    try:
        yield
    finally:
        _place(everywhere, everywhere)


def _place(caller: set[int], workers: set[int]) -> None:
    for thread in map(int, os.listdir("/proc/self/task")):
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.sched_setaffinity(thread, caller if thread == os.getpid() else workers)


def busy() -> str | None:
    """Return a warning where other processes keep CPUs busy."""
    load = os.getloadavg()[0]
    return f"load average {load:.1f}: wait for a quiet machine, or expect noise" if load > 0.5 else None
