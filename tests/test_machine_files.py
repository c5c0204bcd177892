"""Files of control groups and limits of any content: a limit or none, and no exception."""

import math
import os
import tempfile
from pathlib import Path

import pytest
from leaky_relu import _limits

pytest.importorskip("hypothesis")
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = st.one_of(
    st.integers(-1, 10**20).map(str), st.sampled_from(["max", "0x10", "1e5", "٣", "9" * 5000])
)
CONTENTS = st.one_of(
    st.binary(max_size=40), st.lists(NUMBERS, max_size=3).map(" ".join).map(lambda text: text.encode())
)
PATHS = st.one_of(st.sampled_from([b"/", b"/a", b"/a/b", b"", b"/../a", b"//a//"]), st.binary(max_size=9))
GROUPS = st.tuples(
    st.sampled_from([b"0", b"3", b"", b"x"]),
    st.sampled_from([b"", b"cpu", b"memory", b"cpuacct,cpu", b"name=systemd"]),
    PATHS,
).map(b":".join)
FILES = [
    f"sys/fs/cgroup/{folder}{name}"
    for folder in ("", "a/", "a/b/", "cpu/", "cpu/a/", "memory/", "cpu,cpuacct/a/")
    for name in ("cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us", "memory.max", "memory.limit_in_bytes")
]


@given(
    st.one_of(st.binary(), st.lists(GROUPS, max_size=4).map(b"\n".join)),
    st.dictionaries(st.sampled_from(FILES), CONTENTS, max_size=12),
    CONTENTS.map(lambda content: b"Max address space " + content),
)
def test_any_content(groups, files, limits):
    with tempfile.TemporaryDirectory() as root:
        for path, content in {"proc/self/cgroup": groups, "proc/self/limits": limits, **files}.items():
            file = Path(root, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        quota, memory = _limits.cpu_quota(root), _limits.memory(root)
        assert quota is None or 0 < quota < math.inf
        assert memory is None or (type(memory) is int and memory > 0)
        assert 1 <= _limits.cpus(root) <= (os.cpu_count() or 1)
