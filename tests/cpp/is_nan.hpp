// For what compares the kernels of one target with those of another.
#pragma once

#include <cstdint>
#include <cstring>

#include "../../csrc/operations.hpp"

namespace leaky_relu {

// Which NaN comes of two is the compiler's choice of operand order; that it is one is not.
inline bool is_nan(const char* p, DType dtype) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, p, std::size_t(element_size[dtype]));
    switch (dtype) {
        case float16:
            return (bits & 0x7fff) > 0x7c00;
        case bfloat16:
            return (bits & 0x7fff) > 0x7f80;
        case float32:
            return (bits & 0x7fffffff) > 0x7f800000;
        default:
            return (bits & 0x7fffffffffffffff) > 0x7ff0000000000000;
    }
}

}  // namespace leaky_relu
