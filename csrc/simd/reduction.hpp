// The reduction's loop, once, for any Vec and reduction of rectifier.hpp: a gradient, and sums by columns.
//
// Every column is added to in order of the rows, whatever the width of a register. The sums of narrow rows stay
// in registers; those of wider ones in the first cache, while the rows are read straight through.
#pragma once

#include "elementwise.hpp"

namespace leaky_relu {
namespace {

constexpr std::size_t rows_at_once =
    2;  // of wide ones: sums are loaded and stored half as often, and rows still read ahead

template <class Op, class V>
struct Columns {
    using Element = typename V::Element;
    using Reg = typename V::Reg;
    using Sums = typename V::Sums;

    const Element *grad_output, *x;
    Element* result;
    const typename V::Compute* slopes;
    typename V::Wide* sums;
    std::size_t stride;
    bool streaming;

    // So many registers of columns, from `column` on, through `rows` rows from `row` on.
    template <int registers>
    void whole(std::size_t column, std::size_t row, std::size_t rows) const {
        Reg slope[registers];
        Sums totals[registers];
        for (int u = 0; u < registers; ++u) {
            slope[u] = V::load_parameters(slopes + column + u * V::lanes);
            totals[u] = V::load_sums(sums + column + u * V::lanes);
        }
        for (std::size_t at = row * stride + column; rows > 0; --rows, at += stride) {
            for (int u = 0; u < registers; ++u) {
                const std::size_t i = at + u * V::lanes;
                const Reg r =
                    Op::template apply<V>(V::load(grad_output + i), V::load(x + i), slope[u], totals[u]);
                streaming ? V::stream(result + i, r) : V::store(result + i, r);
            }
        }
        for (int u = 0; u < registers; ++u) V::store_sums(sums + column + u * V::lanes, totals[u]);
    }

    // The idle lanes do what the first one does, with its sum.
    void partial(std::size_t column, std::size_t n, std::size_t row, std::size_t rows) const {
        typename V::Wide lanes[V::lanes];
        for (std::size_t i = 0; i < V::lanes; ++i) lanes[i] = sums[column + (i < n ? i : 0)];
        const Reg slope = V::load_parameters_partial(slopes + column, n);
        Sums totals = V::load_sums(lanes);
        for (std::size_t at = row * stride + column; rows > 0; --rows, at += stride) {
            const auto g = V::load_partial(grad_output + at, n), value = V::load_partial(x + at, n);
            V::store_partial(result + at, Op::template apply<V>(g, value, slope, totals), n);
        }
        V::store_sums(lanes, totals);
        for (std::size_t i = 0; i < n; ++i) sums[column + i] = lanes[i];
    }

    void run(std::size_t width, std::size_t row, std::size_t rows) const {
        constexpr std::size_t registers = V::lanes > 1 ? sum_lanes / V::lanes : 4,
                              wide = registers * V::lanes;
        std::size_t column = 0;
        for (; column + wide <= width; column += wide) whole<registers>(column, row, rows);
        for (; column + V::lanes <= width; column += V::lanes) whole<1>(column, row, rows);
        if (column < width) partial(column, width - column, row, rows);
    }
};

template <class Op, class V>
void reduction_kernel(const ReductionRows& job) {
    using Element = typename V::Element;
    const auto* const result = reinterpret_cast<const Element*>(job.result);
    const bool aligned = elements_to_alignment<V>(result) == 0 && job.stride % V::lanes == 0;
    const Columns<Op, V> columns{reinterpret_cast<const Element*>(job.grad_output),
                                 reinterpret_cast<const Element*>(job.x),
                                 reinterpret_cast<Element*>(job.result),
                                 static_cast<const typename V::Compute*>(job.slopes),
                                 static_cast<typename V::Wide*>(job.sums),
                                 job.stride,
                                 job.store == Store::streaming && aligned};
    const std::size_t at_once = job.width <= sum_lanes ? job.rows : rows_at_once,
                      end = job.rows + (job.rest > 0);
    for (std::size_t row = 0; row < end;) {
        const bool last = row == job.rows;  // the one that is not whole
        const std::size_t left = job.rows - row, rows = last ? 1 : left < at_once ? left : at_once;
        columns.run(last ? job.rest : job.width, row, rows);
        row += rows;
    }
    if (columns.streaming) V::fence();
}

}  // namespace
}  // namespace leaky_relu
