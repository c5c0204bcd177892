#include <algorithm>

#include "../execute.hpp"
#include "compute.hpp"
#include "fast_path.hpp"
#include "output_memory.hpp"

namespace leaky_relu {
namespace {

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

    // The steps of the inputs.
    void describe() {
        nest.operands = operations[job.operation].count() + 1;
        nest.axes = dimensions;
        std::copy_n(shape, dimensions, nest.shape);
        for (int k = 0; k < nest.output(); ++k) {
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

    // In the memory order that NumPy would choose. Null without an exception where no array can be that large.
    PyArrayObject* make_output() {
        const std::ptrdiff_t size = element_size[job.dtype];
        int order[most_axes];
        numpys_order(nest, nest.output(), order);
        npy_intp strides[most_axes], bytes = size;
        bool c_order = true;
        for (int i = 0; i < dimensions; ++i) {
            c_order &= order[i] == dimensions - 1 - i;
            strides[order[i]] = bytes;
            if (bytes > NPY_MAX_INTP / shape[order[i]]) return nullptr;  // NumPy has words for that
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

    // Rounds scalars as the first thing of the computation: flags that other code has left do not count.
    void begin(const Given& given) {
        clear_errors(Units::vector);
        const Operation& operation = operations[job.operation];
        for (int k = operation.data; k < operation.count(); ++k) {
            if (!arrays[k]) read_scalar_parameter(given.inputs[k], job.dtype, scalars[k]);
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

}  // namespace

PyObject* call_any_layout(std::size_t op, const Given& given) {
    AnyLayout call;
    if (!call.take_inputs(op, given) || (given.out && !call.take_output(given.out))) return not_implemented();
    call.describe();
    const Operation& operation = operations[op];
    const std::ptrdiff_t size = element_size[call.job.dtype];
    PyArrayObject* out = call.arrays[operation.count()];
    if (out) {
        call.set_output(out);
        arrange(call.nest);
        if (!call.is_free_of_overlap()) return not_implemented();
        if (!may_write(out)) return give_up();
        Py_INCREF(out);
    } else {
        out = call.make_output();
        if (!out) return give_up();
        call.set_output(out);
        arrange(call.nest);
    }
    choose_rows(call.nest, operation.data, size);
    call.begin(given);
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

}  // namespace leaky_relu
