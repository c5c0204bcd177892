#include "fast_path.hpp"

#include <algorithm>

#include "../execute.hpp"
#include "compute.hpp"
#include "output_memory.hpp"
#include "ufunc_call.hpp"

namespace leaky_relu {
namespace {

// True for calls of the form f(inputs...), with slope and out by position or keyword and no other keyword.
bool read_arguments(const Operation& operation, PyObject* const* args, Py_ssize_t positional,
                    PyObject* keywords, Given& given) {
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

constexpr int order_flags = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS;

// Aligned, native and laid out as x is, element beside element.
bool lies_as(PyObject* object, PyArrayObject* x, int type_number) {
    if (!is_plain_array(object)) return false;
    PyArrayObject* const array = as_array(object);
    return PyArray_TYPE(array) == type_number && PyArray_ISBEHAVED_RO(array) &&
           (PyArray_FLAGS(array) & PyArray_FLAGS(x) & order_flags) && same_shape(array, x);
}

// Either the very same elements or none in common; anything between is for the layout, or NumPy, to find out.
bool overlap_partly(PyArrayObject* a, PyArrayObject* b, npy_intp bytes) {
    const char *p = PyArray_BYTES(a), *q = PyArray_BYTES(b);
    return p != q && p < q + bytes && q < p + bytes;
}

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

}  // namespace

PyObject* call_contiguous(std::size_t op, const Given& given) {
    const Operation& operation = operations[op];
    const int output = operation.count();
    if (!is_plain_array(given.inputs[operation.x()])) return not_implemented();
    PyArrayObject* const x = as_array(given.inputs[operation.x()]);
    const int type_number = PyArray_TYPE(x);
    const npy_intp n = count_elements(x), bytes = n * PyArray_ITEMSIZE(x);
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
        if (!may_write(out)) return give_up();
    }
    clear_errors(Units::vector);
    Scalar scalars[most_inputs];
    Along along = Along::none;
    for (int k = operation.data; k < output; ++k) {
        Scalar& value = scalars[k];
        job.args[k] = reinterpret_cast<char*>(&value);
        if (read_scalar_parameter(given.inputs[k], job.dtype, value, PyArray_NDIM(x))) {
            if (along != Along::none) {  // the slope may be a scalar beside arrays, no other parameter
                if (k != operation.slope()) return not_implemented();
                along = Along::all_but_slope;
            }
            continue;
        }
        if (!lies_as(given.inputs[k], x, parameter_type_number(job.dtype))) return not_implemented();
        if (k != operation.data && along == Along::none) return not_implemented();
        PyArrayObject* const parameter = as_array(given.inputs[k]);
        const npy_intp extent = std::max(bytes, n * PyArray_ITEMSIZE(parameter));
        if (out && (overlap_partly(out, parameter, extent) ||
                    (PyArray_DATA(out) == PyArray_DATA(parameter) && extent != bytes))) {
            return not_implemented();
        }
        job.args[k] = PyArray_BYTES(parameter);
        along = Along::all;
    }
    if (out) {
        Py_INCREF(out);
    } else {
        out = new_output(type_number, PyArray_NDIM(x), PyArray_DIMS(x), nullptr, !PyArray_IS_C_CONTIGUOUS(x),
                         std::size_t(bytes));
        if (!out) return nullptr;
        // For a large array Python code may have run, and left flags of its own or cleared those of the rounding.
        if (bytes >= release_gil_from) {
            clear_errors(Units::vector);
            for (int k = operation.data; k < output; ++k) {
                read_scalar_parameter(given.inputs[k], job.dtype, scalars[k], PyArray_NDIM(x));
            }
        }
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

PyObject* call_scalars(std::size_t op, const Given& given) {
    const Operation& operation = operations[op];
    Scalar scalars[most_operands];
    Elementwise job;
    job.operation = op;
    clear_errors(Units::vector);
    for (int k = 0; k < operation.data; ++k) {
        DType dtype;
        if (!read_data(given.inputs[k], dtype, scalars[k]) || (k > 0 && dtype != job.dtype))
            return not_implemented();
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
