// Functions of leaky_relu._core that take arrays. Not by way of pybind11, which keeps its arguments in objects with
// destructors (see compute.hpp). They take what Python has checked and prepared, and return Py_NotImplemented where
// an operand is not in the form they need.
#pragma once

#include "numpy_api.hpp"

namespace leaky_relu {

using Method = PyObject* (*)(PyObject* module, PyObject* const* args, Py_ssize_t count);

// A function of exactly so many positional arguments.
template <Py_ssize_t count, Method method>
PyObject* checked(PyObject* module, PyObject* const* args, Py_ssize_t given) {
    if (given == count) return method(module, args, given);
    PyErr_Format(PyExc_TypeError, "expected %zd positional arguments, got %zd", count, given);
    return nullptr;
}
template <Py_ssize_t count, Method method>
PyMethodDef method_of(const char* name, const char* signature) {
    return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(checked<count, method>)),
            METH_FASTCALL, signature};
}

extern PyMethodDef packed_methods[];
extern PyMethodDef reduction_methods[];

}  // namespace leaky_relu
