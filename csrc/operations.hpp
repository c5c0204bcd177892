// The operations as the outside sees them, in the order of Operation and DType.
#pragma once

#include "kernel_table.hpp"

namespace leaky_relu {

constexpr const char* ufunc_names[operation_count] = {"leaky_relu", "leaky_relu_grad"};
constexpr const char* packed_names[operation_count] = {"leaky_relu_packed", "leaky_relu_grad_packed"};
constexpr int data_inputs[operation_count] = {
    1, 2};  // x; grad_output and x. The slope follows, then the output.
constexpr int most_operands = 4;
constexpr std::ptrdiff_t element_size[dtype_count] = {2, 2, 4, 8, sizeof(long double)};
constexpr double default_negative_slope = 0.01;

}  // namespace leaky_relu
