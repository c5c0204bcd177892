// The loop, once, for any Vec and any operation of rectifier.hpp: contiguous, strided, tail.
//
// Elements are read in order and before the same or a later element is written, so an output that is one of
// the inputs, or that trails an input in memory (NumPy relies on that to avoid copies), is computed right. Only
// streaming stores, whose output overlaps no input, take another order.
#pragma once

#include "kernel_table.hpp"
#include "rectifier.hpp"

namespace leaky_relu {
namespace {

template <class V>
struct ScalarSlope {
    typename V::Reg value;
    typename V::Reg load(std::size_t) const { return value; }
    typename V::Reg load_partial(std::size_t, std::size_t) const { return value; }
};

template <class V>
struct ArraySlope {
    const typename V::Compute* p;
    typename V::Reg load(std::size_t i) const { return V::load_slopes(p + i); }
    typename V::Reg load_partial(std::size_t i, std::size_t n) const {
        return V::load_slopes_partial(p + i, n);
    }
};

// Stores that straddle cache lines cost twice (and streaming ones must not): from here on it pays to begin
// with a partial step that aligns the output.
template <class V>
constexpr std::size_t align_from = 16 * V::lanes;

template <class Op, class V, class Slope, Store mode>
struct Contiguous {
    using Element = typename V::Element;
    using Raw = typename V::Raw;
    using Reg = typename V::Reg;

    const Element* in[Op::inputs];
    Element* out;
    Slope slope;

    // Several registers at a time: all loads before the first store.
    template <int unroll>
    void whole(std::size_t i) const {
        Reg results[unroll];
        for (int u = 0; u < unroll; ++u) {
            const std::size_t at = i + u * V::lanes;
            Raw values[Op::inputs];
            for (int k = 0; k < Op::inputs; ++k) values[k] = V::load(in[k] + at);
            results[u] = Op::template apply<V>(values, slope.load(at));
        }
        for (int u = 0; u < unroll; ++u) {
            Element* const to = out + i + u * V::lanes;
            mode == Store::streaming ? V::stream(to, results[u]) : V::store(to, results[u]);
        }
    }

    void partial(std::size_t i, std::size_t n) const {
        Raw values[Op::inputs];
        for (int k = 0; k < Op::inputs; ++k) values[k] = V::load_partial(in[k] + i, n);
        V::store_partial(out + i, Op::template apply<V>(values, slope.load_partial(i, n)), n);
    }

    // 256 bytes here and 256 bytes half an array further on, in turn: on Zen 5 some 4 % faster than straight
    // through, as is storing one register at a time. Returns how far that went.
    std::size_t two_streams(std::size_t i, std::size_t n) const {
        constexpr std::size_t turn = 256 / sizeof(Element);
        const std::size_t half = (n - i) / (2 * turn) * turn;
        for (const std::size_t end = i + half; i < end; i += turn) {
            for (std::size_t u = 0; u < turn; u += V::lanes) whole<1>(i + u);
            for (std::size_t u = 0; u < turn; u += V::lanes) whole<1>(i + half + u);
        }
        return i + half;
    }

    void run(std::size_t n) const {
        constexpr std::size_t lanes = V::lanes;
        std::size_t i = 0;
        if constexpr (lanes > 1) {
            constexpr std::size_t width = lanes * sizeof(Element);
            if (n >= align_from<V>) {
                i = (0 - reinterpret_cast<std::uintptr_t>(out)) % width / sizeof(Element);
                if (i) partial(0, i);
            }
            if constexpr (mode == Store::cached) {
                for (; i + 2 * lanes <= n; i += 2 * lanes) whole<2>(i);
            } else {
                i = two_streams(i, n);
            }
        }
        for (; i + lanes <= n; i += lanes) whole<1>(i);
        if (i < n) partial(i, n - i);
    }
};

template <class T>
T element_at(const char* p, std::ptrdiff_t step, std::size_t i) {
    return *reinterpret_cast<const T*>(p + std::ptrdiff_t(i) * step);
}

template <class Op, class V>
void contiguous(char* const* args, std::ptrdiff_t slope_step, std::size_t n, Store store = Store::cached) {
    using Element = typename V::Element;
    Element* const out = reinterpret_cast<Element*>(args[Op::inputs + 1]);
    const auto run = [&](auto job) {
        for (int k = 0; k < Op::inputs; ++k) job.in[k] = reinterpret_cast<const Element*>(args[k]);
        job.run(n);
    };
    const auto* slopes = reinterpret_cast<const typename V::Compute*>(args[Op::inputs]);
    if (slope_step != 0) {
        run(Contiguous<Op, V, ArraySlope<V>, Store::cached>{{}, out, {slopes}});
        return;
    }
    const ScalarSlope<V> slope{V::broadcast(*slopes)};
    if (store == Store::streaming && n >= align_from<V>) {
        run(Contiguous<Op, V, ScalarSlope<V>, Store::streaming>{{}, out, slope});
        V::fence();
    } else {
        run(Contiguous<Op, V, ScalarSlope<V>, Store::cached>{{}, out, slope});
    }
}

// Any strides, through small buffers and the contiguous loop, so that both compute the same.
template <class Op, class V>
void strided(char* const* args, const std::ptrdiff_t* steps, std::size_t n) {
    using Element = typename V::Element;
    using Compute = typename V::Compute;
    constexpr std::size_t block = 256;
    constexpr int slope = Op::inputs, output = Op::inputs + 1;
    alignas(64) Element buffers[Op::inputs + 1][block];
    alignas(64) Compute slopes[block];

    for (std::size_t begin = 0; begin < n; begin += block) {
        const std::size_t count = n - begin < block ? n - begin : block;
        char* at[output + 1];
        for (int k = 0; k <= output; ++k) at[k] = args[k] + std::ptrdiff_t(begin) * steps[k];
        char* where[output + 1];
        for (int k = 0; k <= output; ++k) where[k] = at[k];

        for (int k = 0; k < Op::inputs; ++k) {
            if (steps[k] == sizeof(Element)) continue;
            for (std::size_t i = 0; i < count; ++i) buffers[k][i] = element_at<Element>(at[k], steps[k], i);
            where[k] = reinterpret_cast<char*>(buffers[k]);
        }
        if (steps[slope] != 0 && steps[slope] != sizeof(Compute)) {
            for (std::size_t i = 0; i < count; ++i)
                slopes[i] = element_at<Compute>(at[slope], steps[slope], i);
            where[slope] = reinterpret_cast<char*>(slopes);
        }
        if (steps[output] != sizeof(Element)) where[output] = reinterpret_cast<char*>(buffers[Op::inputs]);

        contiguous<Op, V>(where, steps[slope], count);

        if (where[output] == at[output]) continue;
        for (std::size_t i = 0; i < count; ++i) {
            *reinterpret_cast<Element*>(at[output] + std::ptrdiff_t(i) * steps[output]) =
                buffers[Op::inputs][i];
        }
    }
}

template <class Op, class V>
void kernel(char* const* args, const std::ptrdiff_t* steps, std::size_t n, Store store) {
    if (n == 0) return;
    constexpr std::ptrdiff_t size = sizeof(typename V::Element);
    const std::ptrdiff_t slope_step = steps[Op::inputs];
    bool dense =
        steps[Op::inputs + 1] == size && (slope_step == 0 || slope_step == sizeof(typename V::Compute));
    for (int k = 0; k < Op::inputs; ++k) dense &= steps[k] == size;
    dense ? contiguous<Op, V>(args, slope_step, n, store) : strided<Op, V>(args, steps, n);
}

}  // namespace
}  // namespace leaky_relu
