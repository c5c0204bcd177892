#include <algorithm>

#include "../execute.hpp"
#include "compute.hpp"
#include "operands.hpp"
#include "output_memory.hpp"
#include "ufunc_call.hpp"

namespace leaky_relu {
namespace {

struct Given {
    PyObject* inputs[most_inputs] = {};  // the slope may be missing
    PyObject* out = nullptr;
};

// True for calls of the form f(inputs...), with slope and out by position or keyword and no other keyword.
bool read_arguments(const Operation& operation, PyObject* const* args, Py_ssize_t positional, PyObject* keywords,
                    Given& given) {
    const Py_ssize_t slope = operation.slope();
    if (positional < slope || positional > slope + 2) return false;
    std::copy_n(args, std::min(positional, slope + 1), given.inputs);
    if (positional > slope + 1) given.out = args[slope + 1];
    for (Py_ssize_t i = 0, count = keywords ? PyTuple_GET_SIZE(keywords) : 0; i < count; ++i) {
        PyObject* name = PyTuple_GET_ITEM(keywords, i);  // interned, unless somebody took pains
        PyObject** where = name == out_name              ? &given.out
                           : name == negative_slope_name ? &given.inputs[slope]
                                                         : nullptr;
        if (!where || *where) return false;
        *where = args[positional + i];
    }
    if (given.out == Py_None) given.out = nullptr;
    return true;
}

bool read_scalar_parameter(PyObject* object, DType dtype, Scalar& value) {
    if (object) return read_parameter(object, dtype, value);
    static_assert(default_negative_slope == 0.01);
    dtype == float64 ? void(value.full = default_negative_slope) : void(value.single = float(default_negative_slope));
    return true;
}

// Also warns where NumPy does: of results of broadcast_arrays. Without an exception where `out` is not writeable,
// for NumPy words that.
bool may_write(PyArrayObject* out) {
    return PyArray_ISWRITEABLE(out) && PyArray_FailUnlessWriteable(out, "output array") >= 0;
}

PyObject* give_up() { return PyErr_Occurred() ? nullptr : not_implemented(); }

//
// Contiguous arrays of one shape and dtype, the parameters among them or scalars.
//

constexpr int order_flags = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS;

// Aligned, native and laid out as x is, element beside element.
bool lies_as(PyObject* object, PyArrayObject* x, int type_number) {
    if (!is_plain_array(object)) return false;
    PyArrayObject* const array = as_array(object);
    return PyArray_TYPE(array) == type_number && PyArray_ISBEHAVED_RO(array) &&
           (PyArray_FLAGS(array) & PyArray_FLAGS(x) & order_flags) && PyArray_NDIM(array) == PyArray_NDIM(x) &&
           PyArray_CompareLists(PyArray_DIMS(array), PyArray_DIMS(x), PyArray_NDIM(x));
}

// Either the very same elements or none in common; anything between is for the layout, or NumPy, to find out.
bool overlap_partly(PyArrayObject* a, PyArrayObject* b, npy_intp bytes) {
    const char *p = PyArray_BYTES(a), *q = PyArray_BYTES(b);
    return p != q && p < q + bytes && q < p + bytes;
}

PyObject* call_contiguous(std::size_t op, const Given& given) {
    const Operation& operation = operations[op];
    const int output = operation.count();
    if (!is_plain_array(given.inputs[operation.x()])) return not_implemented();
    PyArrayObject* const x = as_array(given.inputs[operation.x()]);
    const int type_number = PyArray_TYPE(x);
    const npy_intp n = PyArray_SIZE(x), bytes = n * PyArray_ITEMSIZE(x);
    Elementwise job;
    if (PyArray_NDIM(x) == 0 || n == 0 || !dtype_of(type_number, job.dtype) || job.dtype == longdouble) {
        return not_implemented();
    }
    job.operation = op;
    for (int k = 0; k < operation.data; ++k) {
        if (!lies_as(given.inputs[k], x, type_number)) return not_implemented();
        job.args[k] = PyArray_BYTES(as_array(given.inputs[k]));
    }
    PyArrayObject* out = nullptr;
    if (given.out) {
        if (!lies_as(given.out, x, type_number)) return not_implemented();
        out = as_array(given.out);
        for (int k = 0; k < operation.data; ++k) {
            if (overlap_partly(out, as_array(given.inputs[k]), bytes)) return not_implemented();
        }
    }
    clear_errors(Units::vector);
    Scalar scalars[most_inputs];
    Along along = Along::none;
    for (int k = operation.data; k < output; ++k) {
        Scalar& value = scalars[k];
        job.args[k] = reinterpret_cast<char*>(&value);
        if (read_scalar_parameter(given.inputs[k], job.dtype, value)) {
            if (along != Along::none) {  // the slope may be a scalar beside arrays, no other parameter
                if (k != operation.slope()) return not_implemented();
                along = Along::all_but_slope;
            }
            continue;
        }
        if (!lies_as(given.inputs[k], x, parameter_type_number(job.dtype))) return not_implemented();
        if (k != operation.data && along == Along::none) return not_implemented();
        PyArrayObject* const parameter = as_array(given.inputs[k]);
        const npy_intp extent = std::max(bytes, PyArray_NBYTES(parameter));
        if (out && (overlap_partly(out, parameter, extent) ||
                    (PyArray_DATA(out) == PyArray_DATA(parameter) && extent != bytes))) {
            return not_implemented();
        }
        job.args[k] = PyArray_BYTES(parameter);
        along = Along::all;
    }
    if (out) {
        if (!may_write(out)) return give_up();
        Py_INCREF(out);
    } else {
        out = new_output(type_number, PyArray_NDIM(x), PyArray_DIMS(x), nullptr, !PyArray_IS_C_CONTIGUOUS(x),
                         std::size_t(bytes));
        if (!out) return nullptr;
    }
    job.args[output] = PyArray_BYTES(out);
    const auto work = [&] {
        execute_contiguous(job, std::size_t(n), along);
        return true;
    };
    if (compute(operation.name, Units::vector, bytes, work)) return reinterpret_cast<PyObject*>(out);
    Py_DECREF(out);
    return nullptr;
}

//
// Python floats and ints (float64), NumPy's floating scalars.
//

bool read_data(PyObject* object, DType& dtype, Scalar& value) {
    PyTypeObject* const type = Py_TYPE(object);
    if (type == &PyFloatArrType_Type) {
        dtype = float32;
        value.single = PyArrayScalar_VAL(object, Float);
    } else if (type == &PyHalfArrType_Type) {
        dtype = float16;
        value.small = PyArrayScalar_VAL(object, Half);
    } else if (type == &PyFloat_Type || type == &PyDoubleArrType_Type || type == &PyLong_Type) {
        dtype = float64;
        return read_parameter(object, float64, value);
    } else {
        return false;
    }
    return true;
}

PyObject* call_scalars(std::size_t op, const Given& given) {
    const Operation& operation = operations[op];
    Scalar scalars[most_operands];
    Elementwise job;
    job.operation = op;
    clear_errors(Units::vector);
    for (int k = 0; k < operation.data; ++k) {
        DType dtype;
        if (!read_data(given.inputs[k], dtype, scalars[k]) || (k > 0 && dtype != job.dtype)) return not_implemented();
        job.dtype = dtype;
    }
    for (int k = operation.data; k < operation.count(); ++k) {
        if (!read_scalar_parameter(given.inputs[k], job.dtype, scalars[k])) return not_implemented();
    }
    for (int k = 0; k <= operation.count(); ++k) job.args[k] = reinterpret_cast<char*>(&scalars[k]);
    const auto work = [&] {
        execute_contiguous(job, 1, Along::none);
        return true;
    };
    if (!compute(operation.name, Units::vector, 0, work)) return nullptr;
    PyArray_Descr* const descr = PyArray_DescrFromType(type_number_of(job.dtype));
    PyObject* const result = PyArray_Scalar(&scalars[operation.count()], descr, nullptr);
    Py_DECREF(descr);
    return result;
}

//
// Arrays of any layout.
//

struct Extent {
    const char *begin, *end;
};

Extent extent_of(PyArrayObject* array) {
    Extent extent{PyArray_BYTES(array), PyArray_BYTES(array) + PyArray_ITEMSIZE(array)};
    for (int axis = 0; axis < PyArray_NDIM(array); ++axis) {
        const npy_intp reach = PyArray_STRIDE(array, axis) * (PyArray_DIM(array, axis) - 1);
        (reach < 0 ? extent.begin : extent.end) += reach;
    }
    return extent;
}

struct AnyLayout {
    Elementwise job;
    Nest nest;
    PyArrayObject* arrays[most_operands] = {};  // null where it is a scalar, or the output is yet to be made
    Scalar scalars[most_inputs];
    int dimensions = 0;
    npy_intp shape[most_axes];

    // Takes the inputs, broadcasts their shapes.
    bool take_inputs(std::size_t op, const Given& given) {
        const Operation& operation = operations[op];
        job.operation = op;
        for (int k = 0; k < operation.count(); ++k) {
            const bool taken = k < operation.data ? take_data(operation, k, given.inputs[k])
                                                  : take_parameter(k, given.inputs[k]);
            if (!taken) return false;
        }
        std::fill_n(shape, dimensions, 1);
        for (int k = 0; k < operation.count(); ++k) {
            if (arrays[k] && !broadcast(arrays[k])) return false;
        }
        return std::find(shape, shape + dimensions, 0) == shape + dimensions;
    }

    bool take_data(const Operation& operation, int k, PyObject* object) {
        DType dtype;
        if (!take_array(k, object)) return false;
        const int type_number = PyArray_TYPE(arrays[k]);
        if (dtype_of(type_number, dtype)) {
            if (dtype == longdouble || (k > 0 && dtype != job.dtype)) return false;
        } else {
            Source source;
            if (operation.data > 1 || !source_of(type_number, source)) return false;
            dtype = dtype_of_integers(source);
            job.readers[k] = read_integers(source);
        }
        job.dtype = dtype;
        return true;
    }

    bool take_parameter(int k, PyObject* object) {
        if (read_scalar_parameter(object, job.dtype, scalars[k])) {
            job.args[k] = reinterpret_cast<char*>(&scalars[k]);
            return true;
        }
        Source source;
        if (!take_array(k, object) || !source_of(PyArray_TYPE(arrays[k]), source)) return false;
        if (source == Source::extended) return false;  // whose rounding raises its flags in another place
        job.readers[k] = leaky_relu::read_parameter(source, job.dtype);
        return true;
    }

    bool take_array(int k, PyObject* object) {
        if (!is_plain_array(object)) return false;
        arrays[k] = as_array(object);
        job.args[k] = PyArray_BYTES(arrays[k]);
        dimensions = std::max(dimensions, PyArray_NDIM(arrays[k]));
        return dimensions <= most_axes && PyArray_ISBEHAVED_RO(arrays[k]);
    }

    bool broadcast(PyArrayObject* array) {
        const int missing = dimensions - PyArray_NDIM(array);
        for (int axis = missing; axis < dimensions; ++axis) {
            const npy_intp length = PyArray_DIM(array, axis - missing);
            if (shape[axis] == 1) shape[axis] = length;
            if (length != shape[axis] && length != 1) return false;
        }
        return true;
    }

    // Steps of the inputs, and of the output where there is one.
    void describe() {
        nest.operands = operations[job.operation].count() + 1;
        nest.axes = dimensions;
        std::copy_n(shape, dimensions, nest.shape);
        for (int k = 0; k < nest.operands; ++k) {
            const int missing = arrays[k] ? dimensions - PyArray_NDIM(arrays[k]) : dimensions;
            for (int axis = 0; axis < dimensions; ++axis) {
                const bool has = axis >= missing && PyArray_DIM(arrays[k], axis - missing) != 1;
                nest.steps[axis][k] = has ? PyArray_STRIDE(arrays[k], axis - missing) : 0;
            }
        }
    }

    bool take_output(PyObject* object) {
        if (!is_plain_array(object)) return false;
        PyArrayObject* const out = as_array(object);
        if (PyArray_TYPE(out) != type_number_of(job.dtype) || !PyArray_ISBEHAVED_RO(out) ||
            PyArray_NDIM(out) != dimensions || !PyArray_CompareLists(PyArray_DIMS(out), shape, dimensions)) {
            return false;
        }
        arrays[operations[job.operation].count()] = out;
        return true;
    }

    // In the memory order that NumPy would choose.
    PyArrayObject* make_output() {
        const std::ptrdiff_t size = element_size[job.dtype];
        int order[most_axes];
        numpys_order(nest, nest.output(), order);
        npy_intp strides[most_axes], bytes = size;
        bool c_order = true;
        for (int i = 0; i < dimensions; ++i) {
            c_order &= order[i] == dimensions - 1 - i;
            strides[order[i]] = bytes;
            bytes *= shape[order[i]];
        }
        return new_output(type_number_of(job.dtype), dimensions, shape, c_order ? nullptr : strides, false,
                          std::size_t(bytes));
    }

    void set_output(PyArrayObject* out) {
        const int k = nest.output();
        arrays[k] = out;
        job.args[k] = PyArray_BYTES(out);
        for (int axis = 0; axis < dimensions; ++axis) {
            nest.steps[axis][k] = shape[axis] == 1 ? 0 : PyArray_STRIDE(out, axis);
        }
    }

    // Whether elements can be done in any order: the output is an input element for element, or they are apart.
    bool is_free_of_overlap() const {
        const int output = nest.output();
        const std::ptrdiff_t size = element_size[job.dtype];
        if (!output_is_injective(nest, size)) return false;
        const Extent out = extent_of(arrays[output]);
        for (int k = 0; k < output; ++k) {
            if (!arrays[k]) continue;
            const Extent in = extent_of(arrays[k]);
            if (in.end <= out.begin || out.end <= in.begin) continue;
            for (int axis = 0; axis < nest.axes; ++axis) {
                if (nest.steps[axis][k] != nest.steps[axis][output]) return false;
            }
            if (PyArray_ITEMSIZE(arrays[k]) != size) return false;
            const std::ptrdiff_t distance = job.args[k] - job.args[output];
            if (distance != 0 && !are_apart(nest, size, distance)) return false;
        }
        return true;
    }
};

PyObject* call_any_layout(std::size_t op, const Given& given) {
    AnyLayout call;
    clear_errors(Units::vector);
    if (!call.take_inputs(op, given) || (given.out && !call.take_output(given.out))) return not_implemented();
    call.describe();
    const Operation& operation = operations[op];
    const std::ptrdiff_t size = element_size[call.job.dtype];
    PyArrayObject* out = call.arrays[operation.count()];
    if (out) {
        call.set_output(out);
        arrange(call.nest, operation.data, size);
        if (!call.is_free_of_overlap()) return not_implemented();
        if (!may_write(out)) return give_up();
        Py_INCREF(out);
    } else {
        out = call.make_output();
        if (!out) return nullptr;
        call.set_output(out);
        arrange(call.nest, operation.data, size);
    }
    const auto work = [&] {
        execute_nest(call.job, call.nest);
        return true;
    };
    if (!compute(operation.name, Units::vector, PyArray_NBYTES(out), work)) {
        Py_DECREF(out);
        return nullptr;
    }
    // Without dimensions, as ufuncs do it: a scalar, unless `out` was given.
    return given.out ? reinterpret_cast<PyObject*>(out) : PyArray_Return(out);
}

}  // namespace

PyObject* try_fast_path(std::size_t op, PyObject* const* args, Py_ssize_t positional, PyObject* keywords) {
    Given given;
    if (!read_arguments(operations[op], args, positional, keywords, given)) return not_implemented();
    PyObject* result = call_contiguous(op, given);
    if (result != Py_NotImplemented) return result;
    Py_DECREF(result);
    if (is_plain_array(given.inputs[operations[op].x()])) return call_any_layout(op, given);
    return given.out ? not_implemented() : call_scalars(op, given);
}

}  // namespace leaky_relu
