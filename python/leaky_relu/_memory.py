"""How much memory there is for this process."""

from leaky_relu import _cgroups


def limit(root: str = "/") -> int | None:
    """Return the least of the limits that control groups, RLIMIT_AS and RLIMIT_DATA set, in bytes."""
    limits = [_cgroups.memory(root), *_resource_limits()]
    return min((bound for bound in limits if bound is not None), default=None)


def _resource_limits() -> list[int]:
    try:
        import resource
    except ImportError:  # Windows
        return []
    soft = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    return [bound for bound in soft if 0 <= bound != resource.RLIM_INFINITY]  # negative before Python 3.15
