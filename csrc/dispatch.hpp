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

// Of the table in use, or of the scalar one where that has none.
Kernel find_kernel(std::size_t operation, DType dtype);
PackedKernel find_packed_forward(DType dtype);
PackedKernel find_packed_gradient(DType dtype);
ReductionKernel find_reduction(Reduction reduction, DType dtype);
Copier find_copier(std::ptrdiff_t element_size);

}  // namespace leaky_relu
