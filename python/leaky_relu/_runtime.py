"""Instruction set, threads and kept memory: what a process may look at and set."""

import os

from leaky_relu import _core

_MOST = 2**31 - 1  # what C++ takes of numbers that may be any


def simd_target() -> str:
    """
    Name the SIMD target in use.

    Returns
    -------
    str
        ``"avx512"``, ``"avx2"``, ``"neon"`` or ``"scalar"``: the best that this machine can run, or what
        the environment variable ``LEAKY_RELU_SIMD`` named when the package was imported.

    Examples
    --------
    >>> leaky_relu.simd_target() in leaky_relu.simd_targets()
    True
    """
    return _core.simd_target()


def simd_targets() -> list[str]:
    """
    List the SIMD targets that this machine can run.

    Returns
    -------
    list of str
        Best first. The last one is always ``"scalar"``. All of them give the same bits.

    Examples
    --------
    >>> leaky_relu.simd_targets()[-1]
    'scalar'
    """
    return _core.simd_targets()


def get_num_threads() -> int:
    """
    Tell how many threads a call on large arrays may use, the calling one included.

    Returns
    -------
    int
        What `set_num_threads` set; at first ``LEAKY_RELU_NUM_THREADS``, else ``OMP_NUM_THREADS``, else the
        number of CPUs that the affinity and the cgroup quota of this process allow.
    """
    return _core.get_num_threads()


def set_num_threads(n: int) -> None:
    """
    Set how many threads a call on large arrays may use, the calling one included.

    It holds for the whole process, from the next call on; results do not depend on it. More than 64 count
    as 64.

    Parameters
    ----------
    n : int
        At least 1, which means that no threads are used.

    Raises
    ------
    ValueError
        If `n` is less than 1.

    Examples
    --------
    >>> before = leaky_relu.get_num_threads()
    >>> leaky_relu.set_num_threads(1)
    >>> leaky_relu.get_num_threads()
    1
    >>> leaky_relu.set_num_threads(before)
    """
    if n < 1:
        raise ValueError(f"the number of threads must be at least 1, got {n}")
    _core.set_num_threads(min(n, _MOST))


def clear_cache() -> int:
    """
    Give the idle memory of former outputs back to the system.

    Large new outputs (from 1 MiB, on Linux) take the memory of former ones of a similar size, which saves
    the page faults that would otherwise cost more than the computation. At most ``LEAKY_RELU_CACHE_MB``
    (512 by default, 0 keeps none) is kept, and beyond 32 MiB the system may take the pages whenever it is
    short.

    Returns
    -------
    int
        How many bytes were kept.
    """
    return _core._clear_cache()


def _environment_number(name: str, least: int) -> int | None:
    text = os.environ.get(name, "").strip()
    if not text:
        return None
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise ImportError(f"{name} must be a whole number of at least {least}, got {text!r}")
    return number


def _omp_threads() -> int | None:
    # OpenMP's format: a number for each level of nesting. It ignores what it cannot read, and so do we.
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(first) if first.isdecimal() and int(first) > 0 else None


def _read(*path: str) -> str | None:
    try:
        with open(os.path.join(*path)) as file:  # pathlib would take most of the import time
            return file.read()
    except OSError:
        return None


def _quota(folder: str) -> float | None:
    """CPUs that a cgroup may use, in version 2 (cpu.max) or 1 (cpu.cfs_*)."""
    if limits := _read(folder, "cpu.max"):
        quota, period = limits.split()
    else:
        quota = (_read(folder, "cpu.cfs_quota_us") or "-1").strip()
        period = (_read(folder, "cpu.cfs_period_us") or "1").strip()
    return None if quota in ("max", "-1") else int(quota) / int(period)


def _available_cpus() -> int:
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for line in (_read("/proc/self/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
            # A quota binds all below it. In a container the path may be one of the host's: the root counts.
        folder = os.path.join("/sys/fs/cgroup", controllers)
        for part in ["", *path.strip("/").split("/")]:
            folder = os.path.join(folder, part)
            if (quota := _quota(folder)) is not None:
                cpus = min(cpus, max(1, round(quota)))
    return cpus


_threads = _environment_number("LEAKY_RELU_NUM_THREADS", 1)
set_num_threads(_threads or _omp_threads() or _available_cpus())
_megabytes = _environment_number("LEAKY_RELU_CACHE_MB", 0)
_core._set_cache_budget(min(512 if _megabytes is None else _megabytes, _MOST) << 20)
