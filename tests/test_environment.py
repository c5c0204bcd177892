"""What the environment variables decide at import."""

import os
import sys

import leaky_relu
import pytest

ALL = ["scalar", "avx2", "avx512", "neon"]
kept_on_linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is kept on Linux only")
SHOW = "import leaky_relu; print(leaky_relu.simd_target())"


@pytest.mark.parametrize("name", leaky_relu.simd_targets())
def test_target(printed, name):
    assert printed(SHOW, LEAKY_RELU_SIMD=name) == name


def test_best_target_is_the_default(printed):
    assert printed(SHOW) == leaky_relu.simd_targets()[0]
    assert printed(SHOW, LEAKY_RELU_SIMD="") == leaky_relu.simd_targets()[0]


@pytest.mark.parametrize(
    "name", ["sse9", "AVX2", "scalar ", "scala", "avx", *sorted(set(ALL) - set(leaky_relu.simd_targets()))]
)
def test_unknown_or_foreign_target(run_python, name):
    done = run_python("import leaky_relu", LEAKY_RELU_SIMD=name)
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert last.startswith("ImportError: LEAKY_RELU_SIMD")
    for word in (repr(name), *ALL):
        assert word in last
    assert done.stderr.count("Traceback") == 1  # what refused it in the extension is not shown beside it


@pytest.mark.skipif(os.name != "posix", reason="Windows has text only")
def test_target_that_is_no_text(run_python):
    done = run_python("import leaky_relu", LEAKY_RELU_SIMD=b"\xff\xfe")
    assert done.stderr.splitlines()[-1].startswith("ImportError: LEAKY_RELU_SIMD: ")


def test_targets():
    targets = leaky_relu.simd_targets()
    assert targets[-1] == "scalar"
    assert set(targets) <= set(ALL)
    assert len(set(targets)) == len(targets)
    assert leaky_relu.simd_target() in targets
    targets.clear()  # a list of the caller's own
    assert leaky_relu.simd_targets()


def test_private_setter_knows_the_targets():
    before = leaky_relu.simd_target()
    words = f"; this machine runs: {', '.join(leaky_relu.simd_targets())}$"
    for name in ("sse9", ""):
        with pytest.raises(ValueError, match=f"^SIMD target '{name}' is unknown .*{words}"):
            leaky_relu._core._use_target(name)
        assert leaky_relu.simd_target() == before


@pytest.mark.parametrize(("value", "fast"), [("0", False), ("1", True), ("", True), (" 0 ", False)])
def test_fast_call(printed, value, fast):
    code = """
import leaky_relu, numpy as np
from leaky_relu import leaky_relu as f
x = np.array([-2, 3], np.float32)
assert f(x).dtype == f(x, 0.5).dtype == f(x, negative_slope=np.float64(0.5)).dtype == np.float32
assert f(x, 0.5).tolist() == f(x, 0.5, out=x).tolist() == [-1, 3]
print(leaky_relu._core._set_fast_call(True))
"""
    assert printed(code, LEAKY_RELU_FAST_CALL=value) == str(fast)


@pytest.mark.parametrize("value", ["no", "false", "2", "00"])
def test_switch_that_is_none(run_python, value):
    done = run_python("import leaky_relu", LEAKY_RELU_FAST_CALL=value)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last == f"ImportError: LEAKY_RELU_FAST_CALL must be 0, 1 or empty, got {value!r}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((n, v) for n in ("LEAKY_RELU_NUM_THREADS", "LEAKY_RELU_CACHE_MB") for v in ("-1", "many", "1.5")),
        ("LEAKY_RELU_NUM_THREADS", "0"),
    ],
)
def test_numbers_that_are_none(run_python, name, value):
    done = run_python("import leaky_relu", **{name: value})
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert name in last
    assert repr(value) in last


@kept_on_linux
def test_budget_by_default(printed):
    code = "import leaky_relu as lr; print(lr.cache_info().budget, lr._limits.memory() or 1 << 62)"
    budget, limit = map(int, printed(code).split())
    assert budget == min(512 << 20, limit // 8)


@pytest.mark.parametrize("name", ["LEAKY_RELU_NUM_THREADS", "LEAKY_RELU_CACHE_MB"])
def test_blanks_are_no_number(printed, name):
    code = "import leaky_relu as lr; print(lr.get_num_threads(), lr.cache_info().budget)"
    assert printed(code, **{name: "  "}) == printed(code)


@kept_on_linux
def test_budget_beyond_an_int(printed):
    code = "import leaky_relu; print(leaky_relu.cache_info().budget)"
    assert int(printed(code, LEAKY_RELU_CACHE_MB="9" * 30)) >= int(printed(code))


def test_import_prints_and_warns_nothing(run_python):
    done = run_python("import leaky_relu", "-X", "dev")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
