// The fast path: exact arrays and plain scalars of known dtypes, past NumPy's machinery. Its functions return
// Py_NotImplemented where a call is not of their kind, see operands.hpp.
#pragma once

#include "operands.hpp"

namespace leaky_relu {

struct Given {
    PyObject* inputs[most_inputs] = {};  // the slope may be missing
    PyObject* out = nullptr;
};

// Contiguous arrays of one shape and dtype, the parameters among them or scalars.
PyObject* call_contiguous(std::size_t op, const Given& given);

// Arrays of any shape, strides and broadcasting that overlap cannot spoil.
PyObject* call_any_layout(std::size_t op, const Given& given);

// Python floats and ints (float64), NumPy's floating scalars.
PyObject* call_scalars(std::size_t op, const Given& given);

// As read_parameter; a slope that is missing is the default one.
inline bool read_scalar_parameter(PyObject* object, DType dtype, Scalar& value) {
    if (object) return read_parameter(object, dtype, value);
    if (dtype == float64) {
        value.full = default_negative_slope;
    } else {
        value.single = float(default_negative_slope);
    }
    return true;
}

// Also warns where NumPy does: of results of broadcast_arrays. False without an exception where `out` is read-only,
// for NumPy raises its own.
inline bool may_write(PyArrayObject* out) {
    return PyArray_ISWRITEABLE(out) && PyArray_FailUnlessWriteable(out, "output array") >= 0;
}

inline PyObject* give_up() { return PyErr_Occurred() ? nullptr : not_implemented(); }

}  // namespace leaky_relu
