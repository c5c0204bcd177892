#include "fast_call.hpp"

#include <atomic>

#include "../execute.hpp"
#include "../fp_status.hpp"
#include "output_memory.hpp"
#include "plain_operands.hpp"

namespace leaky_relu {
namespace {

std::atomic<int> bfloat16_number{NPY_NOTYPE};  // which no array has; those of a new-style dtype have -1

struct Arguments {
    PyObject *slope = nullptr, *out = nullptr;
};

// True for calls of the forms f(data...), with slope and out by position or keyword and no other keyword.
bool read_arguments(Operation op, PyObject* const* args, Py_ssize_t positional, PyObject* keywords,
                    Arguments& result) {
    const Py_ssize_t data = data_inputs[op];
    if (positional < data || positional > data + 2) return false;
    if (positional > data) result.slope = args[data];
    if (positional > data + 1) result.out = args[data + 1];
    for (Py_ssize_t i = 0, count = keywords ? PyTuple_GET_SIZE(keywords) : 0; i < count; ++i) {
        PyObject* name = PyTuple_GET_ITEM(keywords, i);  // interned, unless somebody went out of his way
        PyObject** where = name == out_name              ? &result.out
                           : name == negative_slope_name ? &result.slope
                                                         : nullptr;
        if (!where || *where) return false;
        *where = args[positional + i];
    }
    if (result.out == Py_None) result.out = nullptr;
    return true;
}

union Slope {  // in the compute type
    float single;
    double full;
};

int as_numpy_flags(unsigned raised) {
    return (raised & fp_status::divide ? NPY_FPE_DIVIDEBYZERO : 0) |
           (raised & fp_status::overflow ? NPY_FPE_OVERFLOW : 0) |
           (raised & fp_status::underflow ? NPY_FPE_UNDERFLOW : 0) |
           (raised & fp_status::invalid ? NPY_FPE_INVALID : 0);
}

}  // namespace

PyObject* try_fast_call(Operation op, PyObject* const* args, Py_ssize_t positional, PyObject* keywords) {
    Arguments given;
    if (!read_arguments(op, args, positional, keywords, given)) return nullptr;

    const int data = data_inputs[op];
    for (int k = 0; k < data; ++k) {
        if (!is_plain_array(args[k])) return nullptr;
    }
    PyArrayObject* const x = as_array(args[data - 1]);
    const npy_intp n = PyArray_SIZE(x), bytes = n * PyArray_ITEMSIZE(x);
    DType dtype;
    if (PyArray_NDIM(x) == 0 || n == 0 || !known_dtype(PyArray_TYPE(x), dtype) || !fits(x, x)) return nullptr;
    if (op == gradient && !fits(as_array(args[0]), x)) return nullptr;

    PyArrayObject* out = nullptr;
    if (given.out) {
        if (!is_plain_array(given.out)) return nullptr;
        out = as_array(given.out);
        if (!PyArray_ISWRITEABLE(out) || !fits(out, x)) return nullptr;
        // Also warns where NumPy does: of results of broadcast_arrays.
        if (PyArray_FailUnlessWriteable(out, "output array") < 0) return nullptr;
        for (int k = 0; k < data; ++k) {
            if (overlaps_partly(out, as_array(args[k]), bytes)) return nullptr;
        }
    }

    fp_status::clear();
    Slope slope;
    if (!(dtype == float64 ? read_slope(given.slope, slope.full) : read_slope(given.slope, slope.single))) {
        return nullptr;
    }
    if (out) {
        Py_INCREF(out);
    } else {
        out = new_output(PyArray_TYPE(x), PyArray_NDIM(x), PyArray_DIMS(x), !PyArray_IS_C_CONTIGUOUS(x),
                         std::size_t(bytes));
        if (!out) return nullptr;
    }

    char* operands[most_operands];
    npy_intp steps[most_operands];
    for (int k = 0; k < data; ++k) operands[k] = PyArray_BYTES(as_array(args[k]));
    operands[data] = reinterpret_cast<char*>(&slope);
    operands[data + 1] = PyArray_BYTES(out);
    for (int k = 0; k < data + 2; ++k) steps[k] = k == data ? 0 : PyArray_ITEMSIZE(x);

    PyThreadState* const released = bytes < release_gil_from ? nullptr : PyEval_SaveThread();
    execute(op, dtype, operands, steps, std::size_t(n));
    const unsigned raised = fp_status::raised();
    if (released) PyEval_RestoreThread(released);

    if (raised && PyUFunc_GiveFloatingpointErrors(ufunc_names[op], as_numpy_flags(raised)) < 0) {
        Py_DECREF(out);
        return nullptr;
    }
    return reinterpret_cast<PyObject*>(out);
}

int bfloat16_type_number() { return bfloat16_number.load(std::memory_order_relaxed); }
void set_bfloat16_type_number(int number) { bfloat16_number.store(number); }

}  // namespace leaky_relu
