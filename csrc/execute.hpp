// How a job is done: in which blocks, by one thread or several, with ordinary or streaming stores. The kernels do
// not know.
#pragma once

#include "kernel_table.hpp"
#include "layout.hpp"
#include "parallel.hpp"

namespace leaky_relu {

// Operands in the order of the operation's inputs, then the output. Where a reader is given, the operand is of
// another dtype than the kernel takes (x: an integer; a parameter: any but the compute type) and read by it.
struct Elementwise {
    std::size_t operation;
    DType dtype;
    char* args[most_operands] = {};
    Reader readers[most_operands] = {};
};

// Operands without readers, in which element lies beside element; parameters along, or one for all. An output
// overlaps an input wholly or not at all.
void execute_contiguous(const Elementwise& job, std::size_t n, Along along);

// Any layout: an arranged nest, whose output is injective and overlaps an input wholly or not at all.
void execute_nest(const Elementwise& job, const Nest& nest);

// What a ufunc's inner loop takes; elements are done in order, so the output may trail an input.
void execute_loop(const Elementwise& job, const std::ptrdiff_t* steps, std::size_t n);

// Takes what a PackedKernel takes.
void execute_packed(PackedKernel kernel, DType dtype, const PackedArguments& arguments, std::size_t n);

// An output that is in the cache as an input should stay there; it pays to write the result of a large job past
// the caches.
Store store_for(std::size_t traffic, bool in_place);

// Whether several threads may be worth their while; traffic is bytes read and written. Never for longdouble, whose
// flags are the x87's, which no worker hands over.
bool may_share(DType dtype, std::size_t traffic);

// Calls piece for 0 to `units` independent units of work of so many elements each, on several threads where that
// pays.
void share(DType dtype, std::size_t units, std::size_t elements_each, std::size_t traffic,
           parallel::Piece piece, const void* job);

}  // namespace leaky_relu
