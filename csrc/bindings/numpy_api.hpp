// NumPy's C API for all files of this folder: one table each for arrays and ufuncs, filled in by module.cpp.
#pragma once

#include <Python.h>

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL leaky_relu_array_api
#define PY_UFUNC_UNIQUE_SYMBOL leaky_relu_ufunc_api
#if !defined(LEAKY_RELU_IMPORTS_NUMPY)
#define NO_IMPORT_ARRAY
#define NO_IMPORT_UFUNC
#endif

#include <numpy/ndarrayobject.h>
#include <numpy/ufuncobject.h>

#include <numpy/arrayscalars.h>  // needs the types of the others
