// bfloat16 for the targets of x86: elements in even and in odd places apart, for a bfloat16 is widened by a shift
// or a mask where it lies. What depends on the width of a register is in `Self`, the Vec that derives from this:
//
//     split(low, high)     Float::Regs of consecutive elements -> Reg     round(r)    see below
//     load_sums, store_sums, select_positive, signs, loads and stores
#pragma once

#include "../../half.hpp"

namespace leaky_relu {
namespace {

template <class Float, class Self>
struct EvenOdd {
    using Element = BFloat16;
    using Compute = float;
    struct Reg {
        typename Float::Reg even, odd;
    };
    static constexpr std::size_t lanes = 2 * Float::lanes;

    static Reg broadcast(Compute c) {
        const typename Float::Reg all = Self::without_tail(Float::broadcast(c));
        return {all, all};
    }
    static Reg load_parameters(const float* p) {
        return Self::split(Self::without_tail(Float::load_parameters(p)),
                           Self::without_tail(Float::load_parameters(p + Float::lanes)));
    }
    static Reg load_parameters_partial(const float* p, std::size_t n) {
        constexpr std::size_t half = Float::lanes;
        const auto part = [&](std::size_t from, std::size_t count) {
            return Self::without_tail(Float::load_parameters_partial(p + from, count, *p));
        };
        return n < half ? Self::split(part(0, n), part(0, 0))
                        : Self::split(part(0, half), part(half, n - half));
    }
    static void fence() { Float::fence(); }
    static Reg factor(Reg x, Reg slope) {
        return {Float::factor(x.even, slope.even), Float::factor(x.odd, slope.odd)};
    }
    static Reg multiply(Reg a, Reg b) {
        return {Float::multiply(a.even, b.even), Float::multiply(a.odd, b.odd)};
    }
    static Reg add(Reg a, Reg b) { return {Float::add(a.even, b.even), Float::add(a.odd, b.odd)}; }
    static Reg rounded(Reg r) { return Self::widen(Self::narrow(r)); }

    using Wide = double;
    struct Sums {
        typename Float::Sums even, odd;
    };
    static Sums add_products(Sums s, Reg a, Reg b) {
        return {Float::add_products(s.even, a.even, b.even), Float::add_products(s.odd, a.odd, b.odd)};
    }
    static Sums add_to(Sums s, Reg a) { return {Float::add_to(s.even, a.even), Float::add_to(s.odd, a.odd)}; }
};

}  // namespace
}  // namespace leaky_relu
