"""
How many CPUs and how much memory this process may use: affinity, control groups, resource limits.

What is read from files is a guess about what others write: what is missing, malformed or unreadable counts as
no limit, and nothing here raises.
"""

import os
from collections.abc import Iterator

_UNLIMITED = 2**62  # or more: version 1 says 2**63 less a page


def cpus(root: str = "/") -> int:
    """Return how many CPUs affinity and quotas leave to this process, at least 1."""
    try:
        count = len(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # not on this system; not for us
        count = os.cpu_count() or 1
    quota = cpu_quota(root)
    return count if quota is None else max(1, min(count, round(quota)))


def cpu_quota(root: str) -> float | None:
    """Return how many CPUs' time the quotas of all groups leave; None without a quota."""
    return min(filter(None, map(_quota, _folders("cpu", root))), default=None)


def memory(root: str = "/") -> int | None:
    """Return the least of all limits of memory, of the groups and RLIMIT_AS and RLIMIT_DATA; None without."""
    limits = (limit for text in _memory_limits(root) for limit in _numbers(text)[:1])
    return min((limit for limit in limits if limit < _UNLIMITED), default=None)


def _memory_limits(root: str) -> Iterator[str]:
    """Yield texts that begin with a limit, if there is one."""
    for folder in _folders("memory", root):
        for name in ("memory.max", "memory.high", "memory.limit_in_bytes"):
            yield _read(folder, name)
    for line in _read(root, "proc/self/limits").splitlines():  # to import resource would take longer
        for kind in ("Max address space", "Max data size"):
            if line.startswith(kind):
                yield line.removeprefix(kind)  # the soft limit, then the hard one


def _folders(controller: str, root: str) -> Iterator[str]:
    """Yield the folders of each group that a controller puts this process in, and of all above it."""
    for line in _read(root, "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        names, colon, path = rest.partition(":")
        if not colon or (names and controller not in names.split(",")):
            continue
        # Version 2 has one tree. Version 1 has one for each set of controllers, mounted under a name that
        # need not have the order of /proc: RHEL 7 says cpuacct,cpu there and mounts cpu,cpuacct.
        spellings = {names, ",".join(sorted(names.split(","))), controller} if names else {""}
        for spelling in spellings:
            # A limit binds all below it. In a container the path may be one of the host's: the root counts.
            folder = os.path.join(root, "sys/fs/cgroup", spelling)
            yield folder
            for part in filter(None, path.split("/")):
                folder = os.path.join(folder, part)
                yield folder


def _quota(folder: str) -> float | None:
    """Return the CPUs of one group, in version 2 (cpu.max) or 1 (cpu.cfs_*)."""
    numbers = _numbers(_read(folder, "cpu.max")) or [
        *_numbers(_read(folder, "cpu.cfs_quota_us"))[:1],
        *_numbers(_read(folder, "cpu.cfs_period_us"))[:1],
    ]
    return numbers[0] / numbers[1] if len(numbers) == 2 else None


def _numbers(text: str) -> list[int]:
    """Return the positive numbers, below 10**19, that a text begins with; no such number is max, 0 or -1."""
    numbers = []
    for word in text.split():
        if not (word.isascii() and word.isdecimal() and len(word) < 20 and int(word) > 0):
            break
        numbers.append(int(word))
    return numbers


def _read(*path: str) -> str:
    try:  # pathlib would take most of the import time
        with open(os.path.join(*path), encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except (OSError, ValueError):  # the latter of a path with a null in it
        return ""
