// The functions that keep the signs of x instead of x.
#include "../dispatch.hpp"
#include "../execute.hpp"
#include "compute.hpp"
#include "methods.hpp"
#include "operands.hpp"
#include "output_memory.hpp"

namespace leaky_relu {
namespace {

bool is_taken(PyObject* object, DType& dtype) {
    if (!is_plain_array(object)) return false;
    PyArrayObject* const array = as_array(object);
    return PyArray_IS_C_CONTIGUOUS(array) && PyArray_ISBEHAVED_RO(array) &&
           dtype_of(PyArray_TYPE(array), dtype);
}

// Whether `out` is data itself, or an array like it that shares no byte with it.
bool is_taken_as_output(PyObject* object, PyArrayObject* data) {
    DType dtype;
    if (!is_taken(object, dtype)) return false;
    PyArrayObject* const out = as_array(object);
    const char *const p = PyArray_BYTES(out), *const q = PyArray_BYTES(data);
    const npy_intp bytes = PyArray_NBYTES(data);
    return PyArray_TYPE(out) == PyArray_TYPE(data) && PyArray_SAMESHAPE(out, data) &&
           PyArray_ISWRITEABLE(out) && (p == q || p + bytes <= q || q + bytes <= p);
}

npy_intp bytes_of_bits(npy_intp n) { return n / 8 + (n % 8 != 0); }

// A new `out` is made where there is none, and new signs where `positive` is null: they are returned as well.
PyObject* call(const char* name, PackedKernel kernel, DType dtype, PyArrayObject* data,
               PyArrayObject* positive, PyObject* slope, PyArrayObject* out) {
    // Also warns where NumPy does: of results of broadcast_arrays.
    if (out && PyArray_FailUnlessWriteable(out, "output array") < 0) return nullptr;

    const npy_intp n = PyArray_SIZE(data), bytes = PyArray_NBYTES(data), signs = bytes_of_bits(n);
    PyArrayObject* const new_signs =
        positive ? nullptr : new_output(NPY_UINT8, 1, &signs, nullptr, false, std::size_t(signs));
    PyArrayObject* const new_out = out ? nullptr
                                       : new_output(PyArray_TYPE(data), PyArray_NDIM(data),
                                                    PyArray_DIMS(data), nullptr, false, std::size_t(bytes));
    PyObject* result = nullptr;
    Scalar value;
    Units units;
    if (!(positive || new_signs) || !(out || new_out)) {
        // an exception is set
    } else if (!read_slope(slope, dtype, value, units)) {
        result = not_implemented();
    } else {
        PyArrayObject* const target = out ? out : new_out;
        const PackedArguments arguments{
            PyArray_BYTES(data), static_cast<std::uint8_t*>(PyArray_DATA(positive ? positive : new_signs)),
            reinterpret_cast<const char*>(&value), PyArray_BYTES(target)};
        const auto work = [&] {
            execute_packed(kernel, dtype, arguments, std::size_t(n));
            return true;
        };
        if (compute(name, units, bytes, work)) {
            Py_INCREF(target);
            // Without dimensions, as ufuncs do it: a scalar, unless `out` was given.
            result = out ? reinterpret_cast<PyObject*>(target) : PyArray_Return(target);
            if (result && new_signs) {
                PyObject* const pair = PyTuple_Pack(2, result, new_signs);
                Py_DECREF(result);
                result = pair;
            }
        }
    }
    Py_XDECREF(new_signs);
    Py_XDECREF(new_out);
    return result;
}

PyObject* packed_forward(PyObject*, PyObject* const* args, Py_ssize_t) {
    PyObject *const x = args[0], *const slope = args[1], *const out = args[2];
    DType dtype;
    if (!is_taken(x, dtype)) return not_implemented();
    PyArrayObject* const data = as_array(x);
    if (out != Py_None && !is_taken_as_output(out, data)) return not_implemented();
    return call("leaky_relu_packed", find_packed_forward(dtype), dtype, data, nullptr, slope,
                out == Py_None ? nullptr : as_array(out));
}

PyObject* packed_gradient(PyObject*, PyObject* const* args, Py_ssize_t) {
    PyObject *const grad_output = args[0], *const positive = args[1], *const slope = args[2],
                    *const out = args[3];
    DType dtype;
    if (!is_taken(grad_output, dtype) || !is_plain_array(positive)) return not_implemented();
    PyArrayObject *const data = as_array(grad_output), *const signs = as_array(positive);
    if (PyArray_TYPE(signs) != NPY_UINT8 || PyArray_NDIM(signs) != 1 || !PyArray_IS_C_CONTIGUOUS(signs) ||
        PyArray_SIZE(signs) != bytes_of_bits(PyArray_SIZE(data))) {
        return not_implemented();
    }
    if (out != Py_None) {
        if (!is_taken_as_output(out, data)) return not_implemented();
        const char *const bytes = PyArray_BYTES(as_array(out)), *const bits = PyArray_BYTES(signs);
        if (bytes < bits + PyArray_NBYTES(signs) && bits < bytes + PyArray_NBYTES(data))
            return not_implemented();
    }
    return call("leaky_relu_grad_packed", find_packed_gradient(dtype), dtype, data, signs, slope,
                out == Py_None ? nullptr : as_array(out));
}

}  // namespace

PyMethodDef packed_methods[] = {
    method_of<3, packed_forward>("_packed_forward",
                                 "_packed_forward(x, negative_slope, out) -> (y, positive)"),
    method_of<4, packed_gradient>("_packed_gradient",
                                  "_packed_gradient(grad_output, positive, negative_slope, out) -> grad_x"),
    {}};

}  // namespace leaky_relu
