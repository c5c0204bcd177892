// A gradient and, for each channel, a sum over its elements, of a whole array in one pass: by one thread or several.
//
// The sums are taken in float64 (longdouble's in longdouble) in an order that depends on the shape and on
// nothing else, so their bits are the same for every instruction set and any number of threads. The array is
// C-contiguous, of shape (outer, channels, inner).
//
//   inner >= 64: by segments                          inner < 64: by blocks
//
//     channel 0     channel 1     channel 0 ...         | c0 c0 c1 c1 | c0 c0 c1 c1 |  a wide row: rows of
//   |seg|seg|se|  |seg|seg|se|  |seg|seg|se|            | c0 c0 c1 c1 | c0 c0 c1 c1 |  channels * inner
//                                                       | c0 c0 c1 c1 | c0 c0 c1 c1 |  elements laid beside
//                                                       +---- strip --+---- strip --+  each other
//                                                         block of such rows
//
// Segments have 65536 elements (the last of a channel's in one place may have fewer). Element i of a segment goes to
//     accumulator i mod 32, in order; the 32 are added by halves, the upper 16 to the lower 16, then 8 to 8 and
//     so on.
// Blocks: so many rows are laid beside each other that a wide row is a multiple of 32 elements long, or as many as
//     2048 elements hold, or one. Blocks of max(64, 65536 / length of a wide row) wide rows have an accumulator
//     per column, added to in order. The columns of a channel are added in order. Strips share the work of a wide
//     row and do not matter for the order.
//
// A channel's sums of segments, or of blocks, are added in the order in which they lie in memory.
#pragma once

#include "kernel_table.hpp"

namespace leaky_relu {

struct ReductionArrays {
    const char *grad_output, *x;
    char* result;  // grad_output itself, or it overlaps nothing
    const void* slopes;
    bool one_slope;                      // else one per channel, in the compute type
    void* sums;                          // one per channel, float64 or longdouble
    std::size_t outer, channels, inner;  // none of them 0
};

// False where there is no memory for the sums of the parts.
bool reduce(Reduction reduction, DType dtype, const ReductionArrays& arrays);

}  // namespace leaky_relu
