// Shapes and strides of all operands -> the loop nest that visits their elements fastest. Pure: no Python, no
// threads, no memory touched.
#pragma once

#include <cstddef>

#include "operations.hpp"

namespace leaky_relu {

constexpr int most_axes = 8;

// Axes from the outermost to the innermost; the last two, rows and what they consist of, are for the kernels. An
// operand that is broadcast along an axis has a step of 0 there. Steps and offsets are in bytes.
struct Nest {
    int operands = 0, axes = 0;  // the output is the last operand
    std::size_t shape[most_axes];
    std::ptrdiff_t steps[most_axes][most_operands];
    std::ptrdiff_t offsets[most_operands] = {};  // of the element to begin with, from the one at index 0

    int output() const { return operands - 1; }
    std::size_t rows() const { return shape[axes - 2]; }
    std::size_t row_length() const { return shape[axes - 1]; }
    std::ptrdiff_t row_step(int operand) const { return steps[axes - 2][operand]; }
    std::ptrdiff_t step(int operand) const { return steps[axes - 1][operand]; }
};

// Axes as an array has them -> at least two, in the order in which they are fastest: those of length 1 dropped;
// flipped where the output runs backwards; sorted, so that the output is written from front to back; neighbours
// that every operand walks through in one go merged.
void arrange(Nest& nest);

// Of an arranged nest: whether no two indices give the same bytes of the output.
bool output_is_injective(const Nest& nest, std::ptrdiff_t size);

// Of an arranged nest whose output is injective: whether no element of an input, which moves in the same steps
// and begins `distance` bytes after the output, shares a byte with one of the output. The elements at the same
// index count as well.
bool are_apart(const Nest& nest, std::ptrdiff_t size, std::ptrdiff_t distance);

// The last step: if the neighbouring elements of one of the first `data` operands, of that many bytes each, lie along
// another axis than the output's, this axis becomes that of the rows, and the kernels get tiles.
void choose_rows(Nest& nest, int data, std::ptrdiff_t size);

// The order of axes in which NumPy's iterator lays out a new output (order="K"), the one with the smallest step
// first: of axes in C order, with steps of 0 along axes that an operand does not have. Reference: NumPy's
// nditer_constr.c, npyiter_find_best_axis_ordering.
void numpys_order(const Nest& nest, int inputs, int (&order)[most_axes]);

}  // namespace leaky_relu
