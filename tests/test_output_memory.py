"""Large outputs that take the memory of former ones (Linux)."""

import itertools
import os
import sys
import threading

import leaky_relu as lr
import numpy as np
import pytest
from helpers import MIB
from leaky_relu import _core

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems use NumPy's allocator")

X = np.linspace(-1, 1, 4 * MIB, dtype=np.float32)  # 16 MiB


@pytest.fixture(autouse=True)
def budget():
    """Return the setter of the budget. Only the fast path recycles, so it is taken here."""
    fast = _core._set_fast_call(True)
    lr.clear_cache()
    yield _core._set_cache_budget
    _core._set_fast_call(fast)
    lr.clear_cache()
    _core._set_cache_budget(512 * MIB)


def address(array):
    return array.__array_interface__["data"][0]


def mapped(start):
    with open("/proc/self/maps") as file:
        return any(
            int(low, 16) <= start < int(high, 16)
            for low, high in (line.split()[0].split("-") for line in file)
        )


def test_memory_of_a_dead_output_is_reused():
    y = lr.leaky_relu(X)
    first = address(y)
    assert first % (2 * MIB) == 0  # huge pages
    del y
    assert address(lr.leaky_relu_grad(X[: 4 * MIB - 1000], X[: 4 * MIB - 1000])) == first


def test_live_outputs_never_share_memory():
    live = {}
    rng = np.random.default_rng(5)
    for i in range(300):
        size = int(rng.integers(MIB // 4, 3 * MIB))
        slope = float(i)
        live[i] = (lr.leaky_relu(X[:size] - 2, slope), slope, size)  # all negative
        if len(live) > 6:
            del live[int(rng.choice(list(live)))]
        for y, s, n in live.values():
            assert y[0] == np.float32(-3) * np.float32(s)
            assert y[n - 1] == (X[n - 1] - 2) * np.float32(s)
    spans = sorted((address(y), address(y) + y.nbytes) for y, _, _ in live.values())
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


def test_budget_is_kept(budget):
    budget(40 * MIB)
    live = [lr.leaky_relu(X) for _ in range(5)]
    del live
    assert lr.clear_cache() == 32 * MIB
    budget(8 * MIB)
    lr.leaky_relu(X)
    assert lr.clear_cache() == 0


def test_lower_budget_releases_at_once(budget):
    live = [lr.leaky_relu(X) for _ in range(3)]
    del live
    budget(16 * MIB)
    assert lr.clear_cache() == 16 * MIB


def test_clear_cache_really_releases():
    y = lr.leaky_relu(X)
    where = address(y)
    del y
    assert mapped(where)
    assert lr.clear_cache() == 16 * MIB
    assert not mapped(where)
    assert lr.clear_cache() == 0


def test_small_outputs_and_other_arrays_are_numpys():
    from numpy._core.multiarray import get_handler_name

    assert get_handler_name(lr.leaky_relu(X)) == "leaky_relu"
    assert get_handler_name(lr.leaky_relu(X[:1000])) == "default_allocator"
    assert get_handler_name(np.negative(X)) == "default_allocator"
    assert get_handler_name() == "default_allocator"


def test_arrays_are_ordinary():
    y = lr.leaky_relu(X)
    assert y.flags.owndata
    expected = y[:1000].copy()
    for size in (9 * MIB, 1000, 5 * MIB, 0, 1000):
        y.resize(size, refcheck=False)
        assert y.size == size
        assert np.array_equal(y[:1000], expected[:size]) or size == 1000
    y.resize(2 * MIB, refcheck=False)
    assert not y[1000:].any()  # NumPy fills with zeros


def test_another_thread_may_free():
    box = [lr.leaky_relu(X)]
    thread = threading.Thread(target=box.clear)
    thread.start()
    thread.join()
    assert lr.clear_cache() == 16 * MIB


def test_failed_call_returns_its_memory():
    x = np.full(4 * MIB, -3e38, np.float32)
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        lr.leaky_relu(x, 1e10)
    assert lr.clear_cache() == 16 * MIB


@pytest.mark.parametrize(("megabytes", "kept"), [("0", 0), ("20", 16 * MIB), ("", 48 * MIB)])
def test_budget_from_the_environment(printed, megabytes, kept):
    code = """
        import numpy as np, leaky_relu as lr
        x = np.ones(4 << 20, np.float32)
        live = [lr.leaky_relu(x) for _ in range(3)]
        del live
        print(lr.clear_cache())
    """
    assert printed(code, LEAKY_RELU_CACHE_MB=megabytes) == str(kept)


def test_idle_memory_is_given_up_for_another_size(printed):
    printed("""
        import resource, numpy as np, leaky_relu as lr
        x = np.ones(40 << 20, np.float32)
        lr.leaky_relu(x)
        with open("/proc/self/statm") as file:
            size = int(file.read().split()[0]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (size + (50 << 20), hard))
        lr.leaky_relu(x[: 30 << 20])
    """)


def test_arrays_outlive_the_interpreter(printed):
    printed("""
        import builtins, sys, numpy as np, leaky_relu as lr
        builtins.kept = lr.leaky_relu(np.ones(4 << 20, np.float32))
        kept.flags.owndata
        cycle = [lr.leaky_relu(np.ones(4 << 20, np.float32))]
        cycle.append(cycle)
        del sys.modules["leaky_relu"], lr
    """)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork_with_live_and_idle_outputs(printed):
    printed(
        """
        import os, numpy as np, leaky_relu as lr
        lr.set_num_threads(1)
        x = np.linspace(-1, 1, 4 << 20, dtype=np.float32)
        y, _ = lr.leaky_relu(x), lr.leaky_relu(x)
        del _
        child = os.fork()
        z = lr.leaky_relu(x)
        same = np.array_equal(y, z)
        del y, z
        if child == 0:
            os._exit(0 if same and lr.clear_cache() == 32 << 20 else 1)
        assert os.waitpid(child, 0)[1] == 0 and same
        """,
        OPENBLAS_NUM_THREADS="1",
    )
