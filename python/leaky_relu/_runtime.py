"""Instruction set, threads and kept memory: what a process may look at and set."""

import operator
from typing import NamedTuple

from leaky_relu import _core, _environment, _limits

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
    TypeError
        If `n` is not a whole number.
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
    try:
        count = operator.index(n)
    except TypeError:
        raise TypeError(f"the number of threads must be a whole number, got {n!r}") from None
    if count < 1:
        raise ValueError(f"the number of threads must be at least 1, got {count}")
    _core.set_num_threads(min(count, _MOST))


def clear_cache() -> int:
    """
    Give the idle memory of former outputs back to the system.

    Large new outputs (from 1 MiB, on Linux) take the memory of former ones of a similar size, which saves
    the page faults that would otherwise cost more than the computation. `cache_info` says how much lies idle,
    and what limits it.

    Returns
    -------
    int
        How many bytes were kept.

    Examples
    --------
    >>> _ = leaky_relu.clear_cache()
    >>> leaky_relu.cache_info().idle
    0
    """
    return _core._clear_cache()


class CacheInfo(NamedTuple):
    """
    The memory of large outputs; what `cache_info` returns.

    Attributes
    ----------
    idle : int
        Bytes of former outputs that are kept for the next ones.
    live : int
        Bytes of large outputs that are in use.
    budget : int
        The most bytes that may lie idle: ``LEAKY_RELU_CACHE_MB`` (512 by default), or an eighth of the memory
        that control groups, ``RLIMIT_AS`` and ``RLIMIT_DATA`` allowed this process when the package was
        imported, whichever is less.
    hits, misses : int
        How many large outputs took idle memory, and how many took new memory from the system.
    """

    idle: int
    live: int
    budget: int
    hits: int
    misses: int


def cache_info() -> CacheInfo:
    """
    Tell how much memory of large outputs lies idle, and how well it serves.

    Memory that is kept is a loan. Idle and live bytes together never exceed what was live at once during the
    last 10 to 20 seconds: keeping makes the process no larger than its own outputs did. What has been idle
    for 10 seconds goes back to the system; there is no thread to see to that, so it happens when the next
    large output comes or goes, or here. Beyond 32 MiB the system may take the pages whenever it is short.

    An output larger than the budget, and with a budget of 0 every output, has NumPy's own allocator; so have
    outputs below 1 MiB, those that NumPy's machinery makes for us (for ``where=``, say), and all on systems
    other than Linux.

    Returns
    -------
    CacheInfo
        A named tuple of `idle`, `live`, `budget` (bytes), `hits` and `misses`.

    Examples
    --------
    >>> info = leaky_relu.cache_info()
    >>> info.idle <= info.budget
    True
    """
    return CacheInfo(*_core._cache_info())


def _obey_environment() -> None:
    if target := _environment.simd():
        try:
            _core._use_target(target)
        except ValueError as error:
            raise _environment.refused(f"LEAKY_RELU_SIMD: {error}") from None
    _core._set_fast_call(_environment.fast_call())
    set_num_threads(_environment.num_threads() or _limits.cpus())
    budget = min(_environment.cache_mb(), _MOST) << 20
    limit = _limits.memory()
    _core._set_cache_budget(budget if limit is None else min(budget, limit // 8))


_obey_environment()
