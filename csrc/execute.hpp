// How a job is done: by one thread or several, with ordinary or streaming stores. The kernels do not know.
#pragma once

#include "kernel_table.hpp"

namespace leaky_relu {

// Takes what a Kernel takes, of any size and strides.
void execute(Operation operation, DType dtype, char* const* args, const std::ptrdiff_t* steps, std::size_t n);

}  // namespace leaky_relu
