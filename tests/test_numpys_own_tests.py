"""Those of NumPy's and SciPy's own tests that take a ufunc, on ours."""

import numpy as np
import pytest
from leaky_relu import bias_leaky_relu, leaky_relu, leaky_relu_grad

of_ufuncs = pytest.importorskip("numpy._core.tests.test_ufunc")
of_maths = pytest.importorskip("numpy._core.tests.test_umath")
of_overlap = pytest.importorskip("numpy._core.tests.test_mem_overlap")


def test_types(ufunc, way):
    of_ufuncs.test_ufunc_types(ufunc)


def test_noncontiguous(ufunc, way):
    of_ufuncs.test_ufunc_noncontiguous(ufunc)


# Not test_params_common_positional: negative_slope may be passed by name.
@pytest.mark.parametrize("name", ["test_dunder_signature_attr", "test_params_common_ufunc"])
def test_signature(ufunc, name):
    if not hasattr(of_ufuncs, "TestUFuncInspectSignature"):
        pytest.skip("NumPy's ufuncs have no signature before NumPy 2.4")
    getattr(of_ufuncs.TestUFuncInspectSignature(), name)(ufunc)


SPURIOUS = of_maths.TestSpecialFloats.test_unary_spurious_fpexception
(DATA,) = (mark.args[1] for mark in SPURIOUS.pytestmark if mark.args[0].startswith("data"))


@pytest.mark.parametrize("code", "efd")
@pytest.mark.parametrize("ufunc", [leaky_relu, leaky_relu_grad], ids=lambda ufunc: ufunc.__name__)
def test_no_spurious_floating_point_errors(target, way, ufunc, code):
    for data, _ in DATA:
        SPURIOUS(of_maths.TestSpecialFloats(), lambda a: ufunc(*[a] * (ufunc.nin - 1)), code, data, escape=[])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int16])
@np.errstate(all="ignore")
def test_memory_overlap(way, dtype):
    """As floats the numbers are not negative; the bias makes some of them so."""

    def operation(x, out):
        return bias_leaky_relu(x, -(1 << 14), 0.5, out=out, casting="unsafe")

    of_overlap.TestUFunc().check_unary_fuzz(operation, None, dtype, count=500)


def test_nan_inputs(ufunc, way):
    pytest.importorskip("scipy.special.tests.test_nan_inputs").test_nan_inputs(ufunc)
