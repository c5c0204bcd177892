// The short way in: what a call of a ufunc does before, or instead of, NumPy's machinery.
#pragma once

#include <pybind11/pybind11.h>

#include "../kernel_table.hpp"

namespace leaky_relu {

// Replaces the ufunc's vectorcall. Throws ImportError where NumPy's ufuncs are not laid out as expected.
void install_fast_call(Operation operation, PyObject* ufunc);

// False sends every call through NumPy's machinery; the default slope and the dtype shim stay.
bool set_fast_call(bool enabled);

// The type number of ml_dtypes.bfloat16 once its loops are registered.
void set_bfloat16(int type_number);

}  // namespace leaky_relu
