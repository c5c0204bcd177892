// The functions that return a gradient and the sums of channels.
#include "../reduction.hpp"

#include "../convert.hpp"
#include "compute.hpp"
#include "methods.hpp"
#include "operands.hpp"
#include "output_memory.hpp"

namespace leaky_relu {
namespace {

// All arrays are C-contiguous, native and aligned, the data of one dtype and of shape (outer, channels, inner).
bool is_taken(PyObject* object, int type_number) {
    if (!is_plain_array(object)) return false;
    PyArrayObject* const array = as_array(object);
    return PyArray_TYPE(array) == type_number && PyArray_IS_C_CONTIGUOUS(array) &&
           PyArray_ISBEHAVED_RO(array);
}

bool is_like(PyObject* object, PyArrayObject* model) {
    return is_taken(object, PyArray_TYPE(model)) && PyArray_SAMESHAPE(as_array(object), model);
}

bool are_apart(PyArrayObject* a, PyArrayObject* b) {
    const char *const p = PyArray_BYTES(a), *const q = PyArray_BYTES(b);
    return p + PyArray_NBYTES(a) <= q || q + PyArray_NBYTES(b) <= p;
}

// Whether it is grad_output itself, or shares no byte with what is read.
bool may_be_output(PyArrayObject* out, PyArrayObject* grad_output, PyArrayObject* x) {
    const bool in_place = PyArray_BYTES(out) == PyArray_BYTES(grad_output);
    return PyArray_ISWRITEABLE(out) && (in_place || are_apart(out, grad_output)) && are_apart(out, x);
}

// Sets what the shape says; false where it does not come out even.
bool set_shape(ReductionArrays& arrays, npy_intp size, npy_intp channels, npy_intp inner) {
    const npy_intp row = channels * inner;
    if (channels < 0 || inner < 0 || (row ? size % row != 0 : size != 0)) return false;
    arrays.outer = row ? std::size_t(size / row) : 0;
    arrays.channels = std::size_t(channels);
    arrays.inner = std::size_t(inner);
    return true;
}

// The same from the axis of the channels, of which there is one with less than two dimensions; false where there
// is no such axis.
bool set_shape(ReductionArrays& arrays, PyArrayObject* data, PyObject* channel_axis) {
    const int dimensions = PyArray_NDIM(data);
    if (dimensions < 2) return set_shape(arrays, PyArray_SIZE(data), 1, PyArray_SIZE(data));
    npy_intp axis = PyLong_CheckExact(channel_axis) ? PyLong_AsSsize_t(channel_axis) : dimensions;
    if (axis == -1 && PyErr_Occurred()) {
        PyErr_Clear();
        return false;
    }
    if (axis < 0) axis += dimensions;
    if (axis < 0 || axis >= dimensions) return false;
    const npy_intp* const shape = PyArray_DIMS(data);
    return set_shape(arrays, PyArray_SIZE(data), shape[axis],
                     PyArray_MultiplyList(shape + axis + 1, dimensions - int(axis) - 1));
}

// Rounds float64 to float32, which raises what that raises.
void round_to_single(const void* from, void* to, npy_intp n) {
    read_parameter(Source::full, float32)({static_cast<const char*>(from), 0, sizeof(double),
                                           static_cast<char*>(to), 0, sizeof(float), 1, std::size_t(n)});
}

// begin(units) clears the flags and rounds slopes; false where it cannot. The sums come as they were taken, or
// rounded to the compute type.
template <class Begin>
PyObject* call(const char* name, Reduction reduction, DType dtype, bool rounds_sums, ReductionArrays& arrays,
               PyArrayObject* grad_output, PyArrayObject* x, PyArrayObject* out, const Begin& begin) {
    const npy_intp bytes = PyArray_NBYTES(x);
    npy_intp channels = npy_intp(arrays.channels);
    if (out) {
        if (PyArray_FailUnlessWriteable(out, "output array") < 0) return nullptr;
        Py_INCREF(out);
    } else {
        out =
            new_output(PyArray_TYPE(x), PyArray_NDIM(x), PyArray_DIMS(x), nullptr, false, std::size_t(bytes));
        if (!out) return nullptr;
    }
    const bool rounds = rounds_sums && parameter_type_number(dtype) == NPY_FLOAT;
    PyArrayObject* const sums =
        as_array(PyArray_ZEROS(1, &channels, dtype == longdouble ? NPY_LONGDOUBLE : NPY_DOUBLE, 0));
    PyArrayObject* rounded = nullptr;
    if (sums && rounds) rounded = as_array(PyArray_SimpleNew(1, &channels, NPY_FLOAT));
    const bool lacks_memory = !sums || (rounds && !rounded);
    PyObject* result = nullptr;
    Units units;
    if (!lacks_memory && !begin(units)) {
        result = not_implemented();
    } else if (!lacks_memory) {
        arrays.grad_output = PyArray_BYTES(grad_output);
        arrays.x = PyArray_BYTES(x);
        arrays.result = PyArray_BYTES(out);
        arrays.sums = PyArray_DATA(sums);
        const auto work = [&] {
            if (arrays.outer != 0 && !reduce(reduction, dtype, arrays)) return false;
            if (rounded) round_to_single(arrays.sums, PyArray_DATA(rounded), channels);
            return true;
        };
        if (compute(name, units, bytes, work)) result = PyTuple_Pack(2, out, rounded ? rounded : sums);
    }
    Py_DECREF(out);
    Py_XDECREF(sums);
    Py_XDECREF(rounded);
    return result;
}

// Slopes of float64 beside data of a smaller dtype are rounded here, so that the warning names the function.
PyObject* prelu_grad(PyObject*, PyObject* const* args, Py_ssize_t) {
    PyObject *const grad_output = args[0], *const x = args[1], *const slopes = args[2];
    const npy_intp inner = PyLong_AsSsize_t(args[3]);
    if (inner == -1 && PyErr_Occurred()) return nullptr;
    DType dtype;
    if (!is_plain_array(x) || !dtype_of(PyArray_TYPE(as_array(x)), dtype)) return not_implemented();
    PyArrayObject* const data = as_array(x);
    const int compute_type = parameter_type_number(dtype);
    const bool to_be_rounded = compute_type == NPY_FLOAT && is_taken(slopes, NPY_DOUBLE);
    ReductionArrays arrays{};
    if (!is_like(x, data) || !is_like(grad_output, data) ||
        !(to_be_rounded || is_taken(slopes, compute_type)) ||
        !set_shape(arrays, PyArray_SIZE(data), PyArray_SIZE(as_array(slopes)), inner)) {
        return not_implemented();
    }
    npy_intp channels = PyArray_SIZE(as_array(slopes));
    PyObject* rounded = nullptr;
    if (to_be_rounded && !(rounded = PyArray_SimpleNew(1, &channels, compute_type))) return nullptr;
    const char* const given = PyArray_BYTES(as_array(slopes));
    arrays.slopes = rounded ? PyArray_DATA(as_array(rounded)) : given;
    PyObject* const result = call("prelu_grad", slope_gradient, dtype, false, arrays, as_array(grad_output),
                                  data, nullptr, [&](Units& units) {
                                      units = units_of(dtype);
                                      clear_errors(units);
                                      if (rounded) {
                                          round_to_single(given, PyArray_DATA(as_array(rounded)), channels);
                                      }
                                      return true;
                                  });
    Py_XDECREF(rounded);
    return result;
}

PyObject* bias_grad(PyObject*, PyObject* const* args, Py_ssize_t) {
    PyObject *const grad_output = args[0], *const y = args[1], *const out = args[4];
    DType dtype;
    if (!is_plain_array(y) || !dtype_of(PyArray_TYPE(as_array(y)), dtype)) return not_implemented();
    PyArrayObject* const data = as_array(y);
    ReductionArrays arrays{};
    if (!is_like(y, data) || !is_like(grad_output, data) || !set_shape(arrays, data, args[3])) {
        return not_implemented();
    }
    if (out != Py_None &&
        !(is_like(out, data) && may_be_output(as_array(out), as_array(grad_output), data))) {
        return not_implemented();
    }
    Scalar slope;
    arrays.slopes = &slope;
    arrays.one_slope = true;
    return call("bias_leaky_relu_grad", bias_gradient, dtype, true, arrays, as_array(grad_output), data,
                out == Py_None ? nullptr : as_array(out),
                [&](Units& units) { return read_slope(args[2], dtype, slope, units); });
}

}  // namespace

PyMethodDef reduction_methods[] = {
    method_of<4, prelu_grad>("_prelu_grad", "_prelu_grad(grad_output, x, slopes, inner) -> (grad_x, sums)"),
    method_of<5, bias_grad>(
        "_bias_grad", "_bias_grad(grad_output, y, negative_slope, channel_axis, out) -> (grad_x, grad_bias)"),
    {}};

}  // namespace leaky_relu
