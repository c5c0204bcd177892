// A Vec for each dtype -> the table of an instruction set.
#pragma once

#include "loop.hpp"
#include "packed_loop.hpp"
#include "prelu_loop.hpp"

namespace leaky_relu {
namespace {

// The elements in the order of DType; those left out have no vector form.
template <template <class> class Vec, class... Elements>
constexpr KernelTable make_table(const char* name, unsigned features) {
    return {name,
            features,
            {{kernel<Forward, Vec<Elements>>...}, {kernel<Gradient, Vec<Elements>>...}},
            {{packed_kernel<PackedForward, BitWriter, Vec<Elements>>...},
             {packed_kernel<PackedGradient, BitReader, Vec<Elements>>...}},
            {prelu_kernel<Vec<Elements>>...}};
}

}  // namespace
}  // namespace leaky_relu
