// Operands of other dtypes than a kernel takes, read block by block.
#pragma once

#include "kernel_table.hpp"

namespace leaky_relu {

enum class Source {
    boolean,
    int8,
    uint8,
    int16,
    uint16,
    int32,
    uint32,
    int64,
    uint64,
    half,
    bfloat16,
    single,
    full,
    extended
};

// A parameter, to the compute type of that dtype, by way of float64 as NumPy casts integers. Null where it is
// that already; beside longdouble it has to be. Rounding raises what rounding raises.
Reader read_parameter(Source source, DType dtype);

// x of an integer dtype, exactly (64-bit ones rounded) to the dtype of the result, which is that of numpy.sin.
Reader read_integers(Source source);
DType dtype_of_integers(Source source);

}  // namespace leaky_relu
