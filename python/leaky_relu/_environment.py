"""What the environment variables say: the only place that reads them."""

import os
from typing import NamedTuple


class Settings(NamedTuple):
    """What was asked for; None where nothing was."""

    simd: str | None
    fast_call: bool
    cache_mb: int | None
    num_threads: int | None


def read() -> Settings:
    """
    Return the settings of this process.

    Raises
    ------
    ImportError
        If a variable of ours has a value that means nothing: one line that names the variable, what is
        expected and what came.
    """
    return Settings(
        simd=_text("LEAKY_RELU_SIMD"),
        fast_call=_switch("LEAKY_RELU_FAST_CALL"),
        cache_mb=_number("LEAKY_RELU_CACHE_MB", least=0),
        num_threads=_number("LEAKY_RELU_NUM_THREADS", least=1) or _omp_threads(),
    )


def refused(why: str) -> ImportError:
    """Return the error that tells in one line why a variable is refused."""
    return ImportError(why, name="leaky_relu")


def _text(name: str) -> str | None:
    text = os.environ.get(name, "")  # may hold bytes that are no text, which C++ does not take
    return text.encode("ascii", "backslashreplace").decode() or None


def _switch(name: str) -> bool:
    text = os.environ.get(name, "").strip()
    if text not in ("", "0", "1"):
        raise refused(f"{name} must be 0, 1 or empty, got {text!r}")
    return text != "0"


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
