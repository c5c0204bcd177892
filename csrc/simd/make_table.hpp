// A Vec for each dtype -> the table of an instruction set.
#pragma once

#include <utility>

#include "copy.hpp"
#include "elementwise.hpp"
#include "packed.hpp"
#include "reduction.hpp"

namespace leaky_relu {
namespace {

template <std::size_t op, class... Vecs>
constexpr void set_kernels(KernelTable& table) {
    Kernel* next = table.kernels[op];
    ((*next++ = kernel<op, Vecs>), ...);
}

// The elements in the order of DType; those left out have no vector form.
template <template <class> class Vec, class... Elements>
constexpr KernelTable make_table(const char* name, unsigned features,
                                 const KernelTable* while_denormals_are_zero = nullptr) {
    KernelTable table{name,
                      features,
                      while_denormals_are_zero,
                      {},
                      {packed_kernel<PackedForward, BitWriter, Vec<Elements>>...},
                      {packed_kernel<PackedGradient, BitReader, Vec<Elements>>...},
                      {{reduction_kernel<SlopeGradient, Vec<Elements>>...},
                       {reduction_kernel<BiasGradient, Vec<Elements>>...}},
                      {copier<std::uint16_t>, copier<std::uint32_t>, copier<std::uint64_t>, copier<Word128>}};
    [&]<std::size_t... op>(std::index_sequence<op...>) {
        (set_kernels<op, Vec<Elements>...>(table), ...);
    }(std::make_index_sequence<operation_count>());
    return table;
}

}  // namespace
}  // namespace leaky_relu
