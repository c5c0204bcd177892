// Memory for large new outputs. A fresh 64 MB array costs more in page faults than the kernel needs to fill
// it, so the memory of our own outputs is kept when an array dies, and serves the next one of a similar size.
// The arrays are ordinary: they own their data, may be resized, and may be freed by any thread at any time.
#pragma once

#include "numpy_api.hpp"

namespace leaky_relu {

// Once, at import. False with an exception set on failure.
bool prepare_output_memory();

// A new array, in C or Fortran order or with the strides that are given, as PyArray_NewFromDescr makes it. Null with
// an exception set on failure.
PyArrayObject* new_output(int type_number, int dimensions, const npy_intp* shape, const npy_intp* strides,
                          bool fortran, std::size_t bytes);

}  // namespace leaky_relu
