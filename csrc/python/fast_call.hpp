// The short way in: plain arrays, contiguous, native and aligned, with a scalar slope.
#pragma once

#include <pybind11/pybind11.h>

#include "../operations.hpp"

namespace leaky_relu {

// The keywords it knows, interned; they live as long as the process.
inline PyObject *negative_slope_name = nullptr, *out_name = nullptr;

// Arguments as a vectorcall gets them. A new reference; or null, with an exception where the call failed and
// without one where it has to go through NumPy's machinery.
PyObject* try_fast_call(Operation op, PyObject* const* args, Py_ssize_t positional, PyObject* keywords);

// The type number of ml_dtypes.bfloat16; NPY_NOTYPE until its loops are registered.
int bfloat16_type_number();
void set_bfloat16_type_number(int number);

}  // namespace leaky_relu
