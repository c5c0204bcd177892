// What a call of a ufunc does. PyUFuncObject.vectorcall is a public per-object field: ours is called first,
// takes the fast path where it can, and otherwise completes the arguments and calls the function that NumPy
// had put there. For everything else (isinstance, pickle, reduce, __array_ufunc__) the objects stay genuine
// ufuncs.
#pragma once

#include "../operations.hpp"
#include "numpy_api.hpp"

namespace leaky_relu {

// The keywords that are known here, interned; they live as long as the process.
inline PyObject *negative_slope_name = nullptr, *out_name = nullptr;

// A new ufunc with the loops of ufuncs.cpp; null with an exception set.
PyObject* make_ufunc(std::size_t operation);

// Gives a ufunc the loops of ml_dtypes.bfloat16, which has no type number until it is imported. -1: failed.
int register_bfloat16(std::size_t operation, PyObject* ufunc, int type_number);

// -1 with ImportError set where NumPy's ufuncs are not laid out as expected.
int install_call(std::size_t operation, PyObject* ufunc);

// False sends every call through NumPy's machinery; the default slope and the dtype shim stay. Returns what
// was set.
bool set_fast_call(bool enabled);

// Takes arguments as a vectorcall gets them; Py_NotImplemented where the call has to go through NumPy's machinery.
PyObject* try_fast_path(std::size_t operation, PyObject* const* args, Py_ssize_t positional,
                        PyObject* keywords);

}  // namespace leaky_relu
