#include "fast_call.hpp"

#include <atomic>

#include "../execute.hpp"
#include "../fp_status.hpp"
#include "numpy_api.hpp"
#include "output_memory.hpp"

namespace leaky_relu {
namespace {

std::atomic<int> bfloat16_number{-1};

// Some 2 us of work, against 0.05 us to let go of the GIL and take it again.
constexpr npy_intp release_gil_from = 1 << 16;

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

bool is_plain_array(PyObject* object) { return Py_TYPE(object) == &PyArray_Type; }

PyArrayObject* as_array(PyObject* object) { return reinterpret_cast<PyArrayObject*>(object); }

// The rounding to C may raise a flag that belongs to this call: the volatile read keeps it behind
// fp_status::clear().
template <class C, class From>
C round_slope(From value) {
    volatile From read = value;
    return static_cast<C>(read);
}

template <class C>
bool read_slope(PyObject* slope, C& result) {
    PyTypeObject* const type = slope ? Py_TYPE(slope) : nullptr;
    if (!slope) {
        result = C(default_negative_slope);
    } else if (type == &PyFloat_Type || type == &PyDoubleArrType_Type) {  // numpy.float64 is a float
        result = round_slope<C>(PyFloat_AS_DOUBLE(slope));
    } else if (type == &PyFloatArrType_Type) {
        result = round_slope<C>(PyArrayScalar_VAL(slope, Float));
    } else if (type == &PyLong_Type) {
        int overflow;
        const long long value = PyLong_AsLongLongAndOverflow(slope, &overflow);
        constexpr long long exact = 1LL << 53;
        if (overflow || value > exact || value < -exact) return false;
        result = round_slope<C>(double(value));
    } else if (type == &PyArray_Type) {
        PyArrayObject* array = as_array(slope);
        if (PyArray_NDIM(array) != 0 || !PyArray_ISBEHAVED_RO(array)) return false;
        const int number = PyArray_TYPE(array);
        if (number == NPY_DOUBLE) {
            result = round_slope<C>(*static_cast<const double*>(PyArray_DATA(array)));
        } else if (number == NPY_FLOAT) {
            result = round_slope<C>(*static_cast<const float*>(PyArray_DATA(array)));
        } else {
            return false;
        }
    } else {
        return false;
    }
    return true;
}

bool known_dtype(int type_number, DType& dtype) {
    switch (type_number) {
        case NPY_FLOAT:
            dtype = float32;
            return true;
        case NPY_DOUBLE:
            dtype = float64;
            return true;
        case NPY_HALF:
            dtype = float16;
            return true;
        default:
            dtype = bfloat16;
            return type_number == bfloat16_type_number();
    }
}

constexpr int order_flags = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS;

// Aligned, native and laid out as the model is, element beside element.
bool fits(PyArrayObject* array, PyArrayObject* model) {
    return PyArray_TYPE(array) == PyArray_TYPE(model) && PyArray_ISBEHAVED_RO(array) &&
           (PyArray_FLAGS(array) & PyArray_FLAGS(model) & order_flags) &&
           PyArray_NDIM(array) == PyArray_NDIM(model) &&
           PyArray_CompareLists(PyArray_DIMS(array), PyArray_DIMS(model), PyArray_NDIM(model));
}

// Either the very same elements or none in common; anything between is NumPy's to copy.
bool overlaps_partly(PyArrayObject* a, PyArrayObject* b, npy_intp bytes) {
    const char *p = PyArray_BYTES(a), *q = PyArray_BYTES(b);
    return p != q && p < q + bytes && q < p + bytes;
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
