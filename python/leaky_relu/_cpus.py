"""How many CPUs there are for this process."""

import os

from leaky_relu import _limits


def available_cpus(root: str = "/") -> int:
    """Return how many CPUs affinity and cgroup quotas leave to this process, at least 1."""
    try:
        cpus = len(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # not on this system; not for us
        cpus = os.cpu_count() or 1
    quota = _limits.cpus(root)
    return cpus if quota is None else max(1, min(cpus, round(quota)))
