// Operands that a kernel takes as they are: arrays, native and aligned, and scalar slopes.
#pragma once

#include "fast_call.hpp"
#include "numpy_api.hpp"

namespace leaky_relu {

// Some 2 us of work, against 0.05 us to let go of the GIL and take it again.
constexpr npy_intp release_gil_from = 1 << 16;

inline bool is_plain_array(PyObject* object) { return Py_TYPE(object) == &PyArray_Type; }

inline PyArrayObject* as_array(PyObject* object) { return reinterpret_cast<PyArrayObject*>(object); }

inline bool known_dtype(int type_number, DType& dtype) {
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
inline bool fits(PyArrayObject* array, PyArrayObject* model) {
    return PyArray_TYPE(array) == PyArray_TYPE(model) && PyArray_ISBEHAVED_RO(array) &&
           (PyArray_FLAGS(array) & PyArray_FLAGS(model) & order_flags) &&
           PyArray_NDIM(array) == PyArray_NDIM(model) &&
           PyArray_CompareLists(PyArray_DIMS(array), PyArray_DIMS(model), PyArray_NDIM(model));
}

// Either the very same elements or none in common; anything between is NumPy's to copy.
inline bool overlaps_partly(PyArrayObject* a, PyArrayObject* b, npy_intp bytes) {
    const char *p = PyArray_BYTES(a), *q = PyArray_BYTES(b);
    return p != q && p < q + bytes && q < p + bytes;
}

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

}  // namespace leaky_relu
