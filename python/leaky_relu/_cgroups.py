"""
What the control groups of this process allow (Linux).

All of it is a guess about files that others write: what is missing, malformed or unreadable counts as no
limit, and nothing here raises.
"""

import os
from collections.abc import Iterator

_UNLIMITED = 2**62  # or more: version 1 says 2**63 less a page


def cpus(root: str = "/") -> float | None:
    """Return how many CPUs' time the quotas leave, the smallest of all levels; None without a quota."""
    return min(filter(None, map(_quota, _folders("cpu", root))), default=None)


def memory(root: str = "/") -> int | None:
    """Return how many bytes the groups may use, the smallest limit of all levels; None without a limit."""
    names = ("memory.max", "memory.high", "memory.limit_in_bytes")
    limits = (_numbers(folder, name)[:1] for folder in _folders("memory", root) for name in names)
    return min((limit for (limit,) in filter(None, limits) if limit < _UNLIMITED), default=None)


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
            for part in path.strip("/").split("/"):
                folder = os.path.join(folder, part)
                yield folder


def _quota(folder: str) -> float | None:
    """Return the CPUs of one group, in version 2 (cpu.max) or 1 (cpu.cfs_*)."""
    numbers = _numbers(folder, "cpu.max") or [
        *_numbers(folder, "cpu.cfs_quota_us"),
        *_numbers(folder, "cpu.cfs_period_us"),
    ]
    return numbers[0] / numbers[1] if len(numbers) == 2 else None


def _numbers(*path: str) -> list[int]:
    """Return the positive numbers, below 10**19, that a file begins with; no such number is max, 0 or -1."""
    numbers = []
    for word in _read(*path).split():
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
