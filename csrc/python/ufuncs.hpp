// The ufuncs: NumPy's machinery in front of the kernels.
#pragma once

#include <pybind11/pybind11.h>

#include "../operations.hpp"

namespace leaky_relu {

pybind11::object make_ufunc(Operation operation);

// Gives a ufunc the loops of ml_dtypes.bfloat16, which has no type number until it is imported.
void register_bfloat16(Operation operation, PyObject* ufunc, int type_number);

}  // namespace leaky_relu
