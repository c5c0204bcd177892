// CPU and operating system -> the kernel table in use.
#pragma once

#include <span>
#include <string>

#include "kernel_table.hpp"

namespace leaky_relu {

// Those this machine can run, best first; the scalar one is always the last.
std::span<const KernelTable* const> available_tables();

const KernelTable& table_in_use();

// Takes the named target from now on. Throws std::invalid_argument, with the names to choose from, where this
// machine cannot run it or nobody has heard of it.
void use_target(const std::string& name);

Kernel find_kernel(Operation operation, DType dtype);
PackedKernel find_packed_kernel(Operation operation, DType dtype);
PReLUKernel find_prelu_kernel(DType dtype);

}  // namespace leaky_relu
