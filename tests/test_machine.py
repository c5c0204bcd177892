"""What control groups allow, read from files of any content under a root of our own."""

import os
import sys

import pytest
from leaky_relu import _limits

UNLIMITED = "9223372036854771712\n"
any_name = pytest.mark.skipif(sys.platform != "linux", reason="files may have any name on Linux")


@pytest.fixture
def machine(tmp_path):
    """Return a function that writes files under a root, and gives the root."""

    def write(files):
        for path, content in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(tmp_path)

    return write


def v1(folder, quota, period="100000"):
    return {
        f"sys/fs/cgroup/{folder}/cpu.cfs_quota_us": f"{quota}\n",
        f"sys/fs/cgroup/{folder}/cpu.cfs_period_us": f"{period}\n",
    }


@pytest.mark.parametrize(
    ("groups", "files", "cpus"),
    [
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5),
        ("0::/a/b\n", {"sys/fs/cgroup/a/b/cpu.max": "max 100000\n"}, None),
        ("0::/a/b\n", {"sys/fs/cgroup/a/cpu.max": "300000 100000\n"}, 3),
        (
            "0::/a/b\n",
            {"sys/fs/cgroup/a/cpu.max": "100000 100000", "sys/fs/cgroup/a/b/cpu.max": "200000 100000"},
            1,
        ),
        ("0::/../host/of/a/container\n", {"sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2),
        ("3:cpu:/a\n", v1("cpu/a", 250000), 2.5),
        ("3:cpu,cpuacct:/a\n", v1("cpu,cpuacct/a", 250000), 2.5),
        ("3:cpuacct,cpu:/a\n", v1("cpu,cpuacct/a", 250000), 2.5),  # RHEL 7
        ("3:cpuacct,cpu:/a\n", v1("cpuacct,cpu/a", 250000), 2.5),
        ("3:cpuacct,cpu:/a\n", v1("cpu/a", 250000), 2.5),
        ("3:cpu:/a\n", v1("cpu/a", -1), None),
        ("3:cpuset:/a\n4:memory:/a\n", v1("cpu/a", 250000), None),
        pytest.param("3:cpu:/a:b\n", v1("cpu/a:b", 250000), 2.5, marks=any_name),
        ("nonsense\n\n::::\n5\n0::/\n", {"sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2),
    ],
)
def test_cpu_quota(machine, groups, files, cpus):
    assert _limits.cpu_quota(machine({"proc/self/cgroup": groups, **files})) == cpus


@pytest.mark.parametrize(
    ("groups", "files", "limit"),
    [
        ("0::/\n", {"sys/fs/cgroup/memory.max": "1000000\n"}, 1_000_000),
        ("0::/a\n", {"sys/fs/cgroup/a/memory.max": "max\n"}, None),
        (
            "0::/a\n",
            {"sys/fs/cgroup/a/memory.max": "5000000\n", "sys/fs/cgroup/a/memory.high": "4000000\n"},
            4_000_000,
        ),
        (
            "4:memory:/a\n",
            {
                "sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED,
                "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "3000000\n",
            },
            3_000_000,
        ),
        ("4:memory:/\n", {"sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED}, None),
    ],
)
def test_memory_limit(machine, groups, files, limit):
    assert _limits.memory(machine({"proc/self/cgroup": groups, **files})) == limit


MALFORMED = [
    "",
    "\n",
    "max",
    "5",
    "0 0",
    "100000 0",
    "-5 100000",
    "1e5 100000",
    "nan nan",
    "9" * 5000 + " 1",
    "٣ ٣",
]
MALFORMED += ["max max", b"\xff\xfe 1", b"\0\0", "100000 0x10"]


@pytest.mark.parametrize("content", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_limits_are_none(machine, content):
    names = ("cpu.max", "cpu.cfs_quota_us", "memory.high")
    files = {f"sys/fs/cgroup/{folder}{name}": content for folder in ("", "cpu/") for name in names}
    root = machine({"proc/self/cgroup": "0::/\n3:cpu:/\n", **files})
    assert _limits.cpu_quota(root) is None
    assert _limits.cpus(root) >= 1
    assert _limits.memory(root) in (None, 5, 100_000)  # what begins like a number is one


GROUPS = [
    b"0::/\xff\xfe\n",
    b"0::/a\0b\n",
    b"\xff\n",
    b"0::",
    b"x" * 100_000,
    b"0::/" + b"a/" * 5000,
    b"0::/" + b"a" * 5000,
]


@pytest.mark.parametrize("groups", GROUPS, ids=range(len(GROUPS)))
def test_malformed_groups_fail_nothing(machine, groups):
    root = machine({"proc/self/cgroup": groups})
    assert _limits.cpu_quota(root) is None
    assert _limits.memory(root) is None
    assert _limits.cpus(root) >= 1


@any_name
def test_path_that_is_not_text(machine):
    groups = b"0::/\xe9t\xe9\n"
    root = machine({"proc/self/cgroup": groups, "sys/fs/cgroup/\udce9t\udce9/cpu.max": "200000 100000\n"})
    assert _limits.cpu_quota(root) == 2


@pytest.mark.parametrize(("quota", "most"), [("1000 100000", 1), ("149000 100000", 1), ("9000000 100", None)])
def test_quota_bounds_the_cpus(machine, quota, most):
    root = machine({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": quota})
    assert _limits.cpus(root) == (most or _limits.cpus(str(root) + "/nowhere"))


@pytest.mark.parametrize(("quota", "count"), [(1000, 1), (149000, 1), (190000, 2), (800000, 4)])
def test_quotas_are_rounded(monkeypatch, machine, quota, count):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(4), raising=False)
    root = machine({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": f"{quota} 100000"})
    assert _limits.cpus(root) == count


def test_no_affinity(monkeypatch, machine):
    def refuse(_):
        raise PermissionError

    monkeypatch.setattr("os.sched_getaffinity", refuse, raising=False)
    assert _limits.cpus(machine({})) >= 1
    monkeypatch.delattr("os.sched_getaffinity")  # as where the system has none
    assert _limits.cpus(machine({})) == (os.cpu_count() or 1)
    monkeypatch.setattr("os.cpu_count", lambda: None)  # nor tells that
    assert _limits.cpus(machine({})) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="memory is kept on Linux only")
@pytest.mark.parametrize("name", ["RLIMIT_AS", "RLIMIT_DATA"])
def test_resource_limits_bound_the_budget(printed, name):
    code = f"""
        import resource
        resource.setrlimit(resource.{name}, (2 << 30, resource.getrlimit(resource.{name})[1]))
        import leaky_relu
        print(leaky_relu.cache_info().budget <= (2 << 30) // 8)
    """
    assert printed(code, OPENBLAS_NUM_THREADS="1") == "True"


LIMITS = """\
Limit                     Soft Limit           Hard Limit           Units
Max cpu time              7                    unlimited            seconds
Max data size             {data:<20} unlimited            bytes
Max address space         {space:<20} 1000                 bytes
"""


@pytest.mark.parametrize(
    ("data", "space", "group", "least"),
    [
        ("unlimited", "unlimited", "max", None),
        ("unlimited", "2000000", "max", 2_000_000),
        ("3000000", "unlimited", "max", 3_000_000),
        ("3000000", "4000000", "2000000", 2_000_000),
        ("3000000", "x", "4000000", 3_000_000),
        ("", "", "4000000", 4_000_000),
    ],
)
def test_least_limit_counts(machine, data, space, group, least):
    limits = LIMITS.format(data=data, space=space)
    if not space:
        limits = limits[: limits.index("Max data")] + "Max address space"
    files = {"proc/self/cgroup": "0::/\n", "proc/self/limits": limits, "sys/fs/cgroup/memory.max": group}
    assert _limits.memory(machine(files)) == least
