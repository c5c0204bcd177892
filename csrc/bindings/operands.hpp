// What an operand is: arrays that a kernel can reach, and scalars. Knows no caller.
//
// Functions that take Python objects as they come return Py_NotImplemented where an operand is not of the kind
// they take, as Python's own operators do: then the next way is tried. Null is an exception.
#pragma once

#include "../convert.hpp"
#include "numpy_api.hpp"

namespace leaky_relu {

inline bool is_plain_array(PyObject* object) { return Py_TYPE(object) == &PyArray_Type; }
inline PyArrayObject* as_array(PyObject* object) { return reinterpret_cast<PyArrayObject*>(object); }

// As PyArray_SIZE and PyArray_CompareLists, of which a small call needs several: those are calls through NumPy's table.
inline npy_intp count_elements(PyArrayObject* array) {
    npy_intp count = 1;
    for (int axis = 0; axis < PyArray_NDIM(array); ++axis) count *= PyArray_DIM(array, axis);
    return count;
}
inline bool same_shape(PyArrayObject* a, PyArrayObject* b) {
    if (PyArray_NDIM(a) != PyArray_NDIM(b)) return false;
    for (int axis = 0; axis < PyArray_NDIM(a); ++axis) {
        if (PyArray_DIM(a, axis) != PyArray_DIM(b, axis)) return false;
    }
    return true;
}

inline PyObject* not_implemented() {
    Py_INCREF(Py_NotImplemented);
    return Py_NotImplemented;
}

// The type number of ml_dtypes.bfloat16. Until its loops are registered it is one that no array has; that of all
// dtypes of the new kind (NEP 42) is -1.
int bfloat16_type_number();
void set_bfloat16_type_number(int number);

// False for all but the dtypes that have a kernel of their own.
bool dtype_of(int type_number, DType& dtype);

// False for what is no number, or complex.
bool source_of(int type_number, Source& source);

int type_number_of(DType dtype);

// Also of the compute type of 16-bit dtypes.
inline int parameter_type_number(DType dtype) {
    return dtype == float64 ? NPY_DOUBLE : dtype == longdouble ? NPY_LONGDOUBLE : NPY_FLOAT;
}

union Scalar {
    std::uint16_t small;
    float single;
    double full;
    long double extended;
};

// Rounds a Python or NumPy number, or an array of one element and few dimensions, to the compute type. Rounding may raise flags:
// to be called after they are cleared. A longdouble, whose rounding raises those of all units, is left to NumPy.
bool read_parameter(PyObject* object, DType dtype, Scalar& value, int most_dimensions = 0);

inline bool is_longdouble_scalar(PyObject* object) {
    return is_plain_array(object) && PyArray_NDIM(as_array(object)) == 0 &&
           PyArray_TYPE(as_array(object)) == NPY_LONGDOUBLE && PyArray_ISBEHAVED_RO(as_array(object));
}
void read_longdouble_parameter(PyObject* object, DType dtype, Scalar& value);

}  // namespace leaky_relu
