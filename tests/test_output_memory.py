"""Large outputs that take the memory of former ones (Linux)."""

import contextvars
import gc
import itertools
import os
import sys
import threading
import time

import leaky_relu as lr
import numpy as np
import pytest
from leaky_relu import _core
from numpy._core.multiarray import get_handler_name

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="other systems use NumPy's allocator"),
    pytest.mark.skipif(get_handler_name() != "default_allocator", reason="another allocator is to be used"),
]

MIB = 1 << 20
X = np.linspace(-1, 1, 4 * MIB, dtype=np.float32)  # 16 MiB


@pytest.fixture(autouse=True)
def budget():
    """Return the setter of the budget. Only the fast path recycles, so it is taken here."""
    fast, before = _core._set_fast_call(True), lr.cache_info().budget
    _core._set_cache_budget(512 * MIB)
    lr.clear_cache()
    yield _core._set_cache_budget
    _core._set_fast_call(fast)
    lr.clear_cache()
    _core._set_cache_budget(before)


@pytest.fixture
def lifetime():
    """Return the lifetime of idle memory, in seconds, shortened."""
    _core._set_cache_lifetime(200)
    yield 0.2
    _core._set_cache_lifetime(10_000)


def idle_and_live():
    info = lr.cache_info()
    return info.idle // MIB, info.live // MIB


def address(array):
    return array.__array_interface__["data"][0]


def size():
    """Give the bytes of address space."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE")


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


def test_idle_memory_goes_before_new_memory_comes(threads):
    """Asked the system: cache_info() itself would let go of what is too much."""
    threads(1)  # no stacks
    y = lr.leaky_relu(X)
    before = size()
    del y
    y = lr.leaky_relu(X[: 3 * MIB])
    assert size() < before + 4 * MIB
    del y


def test_idle_memory_goes_before_an_output_grows(threads):
    threads(1)
    y, other = lr.leaky_relu(X[:MIB]), lr.leaky_relu(X)
    before = size()
    del other
    y.resize(X.size, refcheck=False)
    assert size() < before + 4 * MIB


def test_no_context_is_left():
    """That in which NumPy's handler is ours."""

    def contexts():
        gc.collect()
        return sum(type(thing) is contextvars.Context for thing in gc.get_objects())

    before = contexts()
    for _ in range(50):
        lr.leaky_relu(X[:MIB])
    assert contexts() <= before + 1


def test_an_output_beyond_the_budget_is_numpys(budget):
    budget(8 * MIB)
    assert get_handler_name(lr.leaky_relu(X)) == "default_allocator"
    assert get_handler_name(lr.leaky_relu(X[: 2 * MIB])) == "leaky_relu"
    budget(17 * MIB // 2)
    assert get_handler_name(lr.leaky_relu(X[: 2 * MIB + 1])) == "default_allocator"  # it would take 9 MiB
    budget(0)
    assert get_handler_name(lr.leaky_relu(X[: 2 * MIB])) == "default_allocator"


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


LIMIT = """
        import resource, numpy as np, leaky_relu as lr
        from numpy._core.multiarray import get_handler_name
        def limit(more):
            with open("/proc/self/statm") as file:
                size = int(file.read().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (size + more, resource.getrlimit(resource.RLIMIT_AS)[1]))
        lr.set_num_threads(1)
        x = np.ones(40 << 20, np.float32)
"""


def test_idle_memory_is_given_up_for_another_size(printed):
    printed(f"""{LIMIT}
        live = [lr.leaky_relu(x), lr.leaky_relu(x)]
        del live
        limit(50 << 20)
        assert get_handler_name(lr.leaky_relu(x[: 30 << 20])) == "leaky_relu"
    """)


def test_where_ours_has_no_memory_numpys_is_asked(printed):
    printed(f"""{LIMIT}
        limit((160 << 20) + (1 << 20))  # too little to choose a place in
        y = lr.leaky_relu(x)
        assert get_handler_name(y) == "default_allocator" and y[-1] == 1
        try:
            lr.leaky_relu(x)
        except MemoryError as error:
            assert "Unable to allocate 160. MiB" in str(error), error
        else:
            raise SystemExit("there was more")
        del y
        assert lr.leaky_relu(x).size == x.size
    """)


def test_failing_allocations_leave_neither_an_error_nor_our_handler(printed):
    pytest.importorskip("_testcapi")
    printed("""
        import _testcapi, sys, numpy as np, leaky_relu as lr
        from numpy._core.multiarray import get_handler_name
        lr.set_num_threads(1)
        x = np.ones(1 << 20, np.float32)
        lr.leaky_relu(x)

        def attempt(first, until, fail=_testcapi.set_nomemory, recover=_testcapi.remove_mem_hooks):
            y = None  # local: a global variable may need memory, in CPython 3.14
            try:
                fail(first, until)
                y = lr.leaky_relu(x)
            except MemoryError:
                pass
            finally:
                recover()
            return y

        done = failed = 0
        for first in range(30):
            for until in (first + 1, 0):
                y = attempt(first, until)
                assert get_handler_name() == "default_allocator"
                assert y is None or y.sum() == x.size
                done, failed = done + (y is not None), failed + (y is None)
                del y
        assert done and failed, (done, failed)
    """)


def test_outputs_take_little_more_than_their_size(printed):
    """Mapped and resident, of ten outputs just above what the system's pages and our sizes like."""
    printed("""
        import resource, numpy as np, leaky_relu as lr
        def taken():
            with open("/proc/self/statm") as file:
                return np.array([int(pages) for pages in file.read().split()[:2]]) * resource.getpagesize()
        lr.set_num_threads(1)
        for mib in (1, 1.001, 1.3, 1.9, 2, 2.004, 2.6, 3.001, 3.9, 4, 4.01, 6.01, 9.01):
            x = np.ones(int(mib * 2**20) // 4, np.float32)
            live = []
            lr.leaky_relu(x)
            lr.clear_cache()
            before = taken()
            for _ in range(10): live.append(lr.leaky_relu(x))
            share = (taken() - before) / (10 * x.nbytes)
            assert (share < 1.15).all(), (mib, share)
            del live
    """)


def test_idle_and_live_memory_stay_within_the_peak():
    y, peak = None, 0
    for mib in (8, 3, 15, 4, 4, 9, 12, 2, 15, 5, 8):
        peak = max(peak, mib + (0 if y is None else y.nbytes // MIB))  # the former one dies after it is made
        y = lr.leaky_relu(X[: mib * MIB // 4])
        assert sum(idle_and_live()) <= peak
    del y


def test_one_at_a_time_takes_no_more_than_the_largest():
    for mib in (8, 3, 15, 4, 9, 12, 2, 15, 5, 8):
        lr.leaky_relu(X[: mib * MIB // 4])
        assert sum(idle_and_live()) <= 15


def test_two_blocks_serve_a_loop():
    before = lr.cache_info()
    for _ in range(10):
        y = lr.leaky_relu(X)
    after = lr.cache_info()
    assert (after.hits - before.hits, after.misses - before.misses) == (8, 2)
    assert (after.idle, after.live) == (16 * MIB, 16 * MIB)
    assert after._fields == ("idle", "live", "budget", "hits", "misses")
    del y


def test_idle_memory_ages(lifetime):
    lr.leaky_relu(X)
    assert idle_and_live() == (16, 0)
    time.sleep(1.5 * lifetime)  # less than it takes to forget the peak
    assert idle_and_live() == (0, 0)


def test_an_old_peak_is_forgotten(lifetime):
    live = [lr.leaky_relu(X) for _ in range(4)]
    del live
    time.sleep(2.5 * lifetime)
    y = lr.leaky_relu(X)
    lr.leaky_relu(X[: 2 * MIB])
    assert idle_and_live() == (8, 16)
    z = lr.leaky_relu(X[: 9 * MIB // 4])
    assert idle_and_live() == (0, 25)  # 33 would be more than ever was live since
    del y, z


def test_a_peak_counts_for_a_lifetime_though_the_clock_is_looked_at_meanwhile(lifetime):
    def idle_of_two():
        lr.clear_cache()
        _core._set_cache_lifetime(10_000)
        live = [lr.leaky_relu(X)]
        begin = time.monotonic()
        live.append(lr.leaky_relu(X))
        time.sleep(lifetime)
        del live
        # More than one lifetime ago began what is counted together, less than two; nothing lies idle for one.
        _core._set_cache_lifetime(int(800 * (time.monotonic() - begin)))
        return idle_and_live()

    # Where something else runs in between, it may be older.
    assert any(idle_of_two() == (32, 0) for _ in range(5))


def test_growth_counts_for_the_peak():
    y = lr.leaky_relu(X[:MIB])
    y.resize(X.size, refcheck=False)
    del y
    assert idle_and_live() == (16, 0)


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
