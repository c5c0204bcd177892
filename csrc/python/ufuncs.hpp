// The ufuncs: NumPy's machinery in front of the kernels.
#pragma once

#include <pybind11/pybind11.h>

#include "../kernel_table.hpp"

namespace leaky_relu {

constexpr double default_negative_slope = 0.01;

constexpr const char* ufunc_names[operation_count] = {"leaky_relu", "leaky_relu_grad"};
constexpr int data_inputs[operation_count] = {
    1, 2};  // x; grad_output and x. The slope follows, then the output.

pybind11::object make_ufunc(Operation operation);

// Gives a ufunc the loops of ml_dtypes.bfloat16, which has no type number until it is imported.
void register_bfloat16(Operation operation, PyObject* ufunc, int type_number);

}  // namespace leaky_relu
