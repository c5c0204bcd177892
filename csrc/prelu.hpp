// PReLU and its gradients for a whole array: in pieces, by one thread or several, in one pass over the data.
//
// The sums of the slope's gradient are taken in float64 (longdouble's in longdouble) in an order that depends
// on the shape and on nothing else, so their bits are the same for every instruction set and any number of
// threads. The array is C-contiguous, of shape (outer, channels, inner); with one slope it is one run.
//
// Runs, where inner >= 64: what a channel has in one place is cut into segments of 65536 elements (the last
//     may be shorter). Element i of a segment goes to accumulator i mod 32, in order; the 32 are added by
//     halves, the upper 16 to the lower 16, then 8 to 8 and so on.
// Columns, where inner < 64: rows of channels * inner elements. So many of them are laid beside each other that
//     a wide row is a multiple of 32 elements long, or as many as 2048 elements hold, or one. Blocks of
//     max(64, 65536 / length of a wide row) wide rows have an accumulator a column, added to in order. The
//     columns of a channel are added in order.
//
// A channel's sums of segments, or of blocks, are added in the order in which they lie in memory.
#pragma once

#include "kernel_table.hpp"

namespace leaky_relu {

struct PReLUArrays {
    const char *grad_output, *x;         // without grad_output it is the forward pass
    char* result;                        // may be x in the forward pass; else it overlaps nothing
    const void* slopes;                  // one a channel, in the compute type
    void* sums;                          // for the gradient: one a channel, float64 or longdouble
    std::size_t outer, channels, inner;  // none of them 0
};

// Throws std::bad_alloc.
void prelu(DType dtype, const PReLUArrays& arrays);

}  // namespace leaky_relu
