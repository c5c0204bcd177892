// How a job is done: by one thread or several, with ordinary or streaming stores. The kernels do not know.
#pragma once

#include "kernel_table.hpp"
#include "parallel.hpp"

namespace leaky_relu {

// Takes what a Kernel takes, of any size and strides.
void execute(Operation operation, DType dtype, char* const* args, const std::ptrdiff_t* steps, std::size_t n);

// Takes what a PackedKernel takes.
void execute_packed(Operation operation, DType dtype, const PackedArguments& arguments, std::size_t n);

// An output that is in the cache as an input should stay there; it pays to write the result of a large job past
// the caches.
Store store_for(std::size_t traffic, bool in_place);

// Calls piece for 0 to `units` independent units of work of so many elements each, on several threads where
// the traffic (bytes read and written) is worth it.
void share(std::size_t units, std::size_t elements_each, std::size_t traffic, parallel::Piece piece,
           const void* job);

}  // namespace leaky_relu
