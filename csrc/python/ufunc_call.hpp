// What a call of a ufunc does. PyUFuncObject.vectorcall is a public per-object field: ours is called first,
// takes the short way where it can, and otherwise completes the arguments and calls the function that NumPy
// had put there. For everything else (isinstance, pickle, reduce, __array_ufunc__) the objects stay genuine
// ufuncs.
#pragma once

#include <pybind11/pybind11.h>

#include "../operations.hpp"

namespace leaky_relu {

// Throws ImportError where NumPy's ufuncs are not laid out as expected.
void install_call(Operation operation, PyObject* ufunc);

// False sends every call through NumPy's machinery; the default slope and the dtype shim stay. Returns what
// was set.
bool set_fast_call(bool enabled);

// Registers the loops of ml_dtypes.bfloat16 and lets it take the short way.
void adopt_bfloat16(PyObject* forward_ufunc, PyObject* gradient_ufunc, int type_number);

}  // namespace leaky_relu
