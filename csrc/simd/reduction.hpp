// The reduction's loop, once, for any Vec and reduction of rectifier.hpp: a gradient, and sums by columns.
//
// Every column is added to in order of the rows, whatever the width of a register. The sums of narrow rows stay
// in registers; those of wider ones in the first cache, while the rows are read straight through.
#pragma once

#include "elementwise.hpp"

namespace leaky_relu {
namespace {

template <class V>
struct OneSlope {
    typename V::Reg value;
    typename V::Reg load(std::size_t) const { return value; }
    typename V::Reg load_partial(std::size_t, std::size_t) const { return value; }
};

template <class V>
struct SlopePerColumn {
    const typename V::Compute* p;
    typename V::Reg load(std::size_t i) const { return V::load_parameters(p + i); }
    typename V::Reg load_partial(std::size_t i, std::size_t n) const {
        return V::load_parameters_partial(p + i, n);
    }
};

template <class Op, class V, class Slope, Store mode>
struct Columns {
    using Element = typename V::Element;
    using Reg = typename V::Reg;
    using Sums = typename V::Sums;

    const Element *grad_output, *x;
    Element* result;
    Slope slope;
    typename V::Wide* sums;
    std::size_t stride;

    // So many registers of columns, from `column` on, through `rows` rows from `row` on.
    template <int registers>
    void whole(std::size_t column, std::size_t row, std::size_t rows) const {
        Reg slopes[registers];
        Sums totals[registers];
        for (int u = 0; u < registers; ++u) {
            slopes[u] = slope.load(column + u * V::lanes);
            totals[u] = V::load_sums(sums + column + u * V::lanes);
        }
        for (std::size_t at = row * stride + column; rows > 0; --rows, at += stride) {
            for (int u = 0; u < registers; ++u) {
                const std::size_t i = at + u * V::lanes;
                const Reg r =
                    Op::template apply<V>(V::load(grad_output + i), V::load(x + i), slopes[u], totals[u]);
                mode == Store::streaming ? V::stream(result + i, r) : V::store(result + i, r);
            }
        }
        for (int u = 0; u < registers; ++u) V::store_sums(sums + column + u * V::lanes, totals[u]);
    }

    // The idle lanes hold 1; what they add is not theirs to add.
    void partial(std::size_t column, std::size_t n, std::size_t row, std::size_t rows) const {
        const Reg slopes = slope.load_partial(column, n);
        Sums totals = V::load_sums(sums + column);
        for (std::size_t at = row * stride + column; rows > 0; --rows, at += stride) {
            const auto g = V::load_partial(grad_output + at, n), value = V::load_partial(x + at, n);
            V::store_partial(result + at, Op::template apply<V>(g, value, slopes, totals), n);
        }
        typename V::Wide others[V::lanes];
        for (std::size_t i = n; i < V::lanes; ++i) others[i] = sums[column + i];
        V::store_sums(sums + column, totals);
        for (std::size_t i = n; i < V::lanes; ++i) sums[column + i] = others[i];
    }

    void run(std::size_t width, std::size_t row, std::size_t rows) const {
        constexpr std::size_t registers = V::lanes > 1 ? sum_lanes / V::lanes : 4, wide = registers * V::lanes;
        std::size_t column = 0;
        for (; column + wide <= width; column += wide) whole<registers>(column, row, rows);
        for (; column + V::lanes <= width; column += V::lanes) whole<1>(column, row, rows);
        if (column < width) partial(column, width - column, row, rows);
    }
};

template <class Op, class V, Store mode, class Slope>
void reduce_columns(const ReductionRows& job, Slope slope) {
    using Element = typename V::Element;
    using Wide = typename V::Wide;
    const Columns<Op, V, Slope, mode> columns{reinterpret_cast<const Element*>(job.grad_output),
                                              reinterpret_cast<const Element*>(job.x),
                                              reinterpret_cast<Element*>(job.result),
                                              slope,
                                              static_cast<Wide*>(job.sums),
                                              job.stride};
    const std::size_t at_once = job.width <= sum_lanes ? job.rows : 1;
    for (std::size_t row = 0; row < job.rows; row += at_once) columns.run(job.width, row, at_once);
    if (job.rest > 0) columns.run(job.rest, job.rows, 1);
    if (mode == Store::streaming) V::fence();
}

template <class Op, class V, Store mode>
void reduce(const ReductionRows& job) {
    const auto* slopes = static_cast<const typename V::Compute*>(job.slopes);
    job.one_slope ? reduce_columns<Op, V, mode>(job, OneSlope<V>{V::broadcast(*slopes)})
                  : reduce_columns<Op, V, mode>(job, SlopePerColumn<V>{slopes});
}

template <class Op, class V>
void reduction_kernel(const ReductionRows& job) {
    if constexpr (V::lanes > 1) {
        const auto* const result = reinterpret_cast<const typename V::Element*>(job.result);
        const bool aligned = elements_to_alignment<V>(result) == 0 && job.stride % V::lanes == 0;
        if (job.store == Store::streaming && aligned) return reduce<Op, V, Store::streaming>(job);
    }
    reduce<Op, V, Store::cached>(job);
}

}  // namespace
}  // namespace leaky_relu
