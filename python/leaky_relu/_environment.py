"""
What the environment variables say: the only place that reads them.

A variable of ours that has a value which means nothing is an ImportError, in one line: which one, what is
expected, what came.
"""

import os


def simd() -> str | None:
    """Return the name of the target to use, None for the best."""
    text = os.environ.get("LEAKY_RELU_SIMD", "")  # may hold bytes that are no text, which C++ does not take
    return text.encode("ascii", "backslashreplace").decode() or None


def fast_call() -> bool:
    """Return whether ufuncs may be called by the fast path."""
    name = "LEAKY_RELU_FAST_CALL"
    text = os.environ.get(name, "").strip()
    if text not in ("", "0", "1"):
        raise refused(f"{name} must be 0, 1 or empty, got {text!r}")
    return text != "0"


def cache_mb() -> int:
    """Return how much idle memory may be kept, in units of 1 MiB."""
    number = _number("LEAKY_RELU_CACHE_MB", least=0)
    return 512 if number is None else number


def num_threads() -> int | None:
    """Return how many threads there may be, None where nobody says."""
    return _number("LEAKY_RELU_NUM_THREADS", least=1) or _omp_threads()


def refused(why: str) -> ImportError:
    """Return the error that tells in one line why a variable is refused."""
    return ImportError(why, name="leaky_relu")


def _number(name: str, least: int) -> int | None:
    text = os.environ.get(name, "").strip()
    if not text:
        return None
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise refused(f"{name} must be a whole number of at least {least}, got {text!r}")
    return number


def _omp_threads() -> int | None:
    # OpenMP's format: a number for each level of nesting. It ignores what it cannot read, and so do we.
    try:
        number = int(os.environ.get("OMP_NUM_THREADS", "").split(",")[0])
    except ValueError:
        return None
    return number if number > 0 else None
