"""Which instruction sets there are: what NumPy finds out of the CPU by itself, and the best of them first."""

import platform

import leaky_relu as lr
import numpy as np
import pytest

FEATURES = np._core._multiarray_umath.__cpu_features__  # of this CPU, and saved by the operating system
NEEDS = {"avx512": ("AVX512_SKX",), "avx2": ("AVX2", "F16C")}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the names of the features are x86's")
def test_targets_are_those_that_the_cpu_has():
    expected = [target for target, features in NEEDS.items() if all(FEATURES[name] for name in features)]
    assert lr.simd_targets() == [*expected, "scalar"]


def test_best_target_is_in_use(printed):
    code = "import leaky_relu; print(leaky_relu.simd_target())"
    assert printed(code, LEAKY_RELU_SIMD="") == lr.simd_targets()[0]
