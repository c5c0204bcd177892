// The functions that keep the signs of x instead of x.
#pragma once

#include <pybind11/pybind11.h>

namespace leaky_relu {

// Take operands that a kernel takes as they are (see plain_operands.hpp), in C order; `out` may be None.
// Return None where an operand needs preparing first.
pybind11::object packed_forward(pybind11::object x, pybind11::object slope, pybind11::object out);
pybind11::object packed_gradient(pybind11::object grad_output, pybind11::object positive,
                                 pybind11::object slope, pybind11::object out);

}  // namespace leaky_relu
