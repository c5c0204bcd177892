// The reduction's loop, once, for any Vec and reduction of rectifier.hpp: a gradient, and sums by columns.
//
// Every column is added to in order of the rows, whatever the width of a register. The sums of narrow rows stay
// in registers; those of wider ones in the first cache, while the rows are read straight through.
#pragma once

#include <algorithm>

#include "elementwise.hpp"

namespace leaky_relu {
namespace {

// Of wide rows, so many at once: then sums are loaded and stored half as often, and rows are still read ahead.
constexpr int rows_at_once = 2;

template <class Op, class V>
struct Columns {
    using Element = typename V::Element;
    using Reg = typename V::Reg;
    using Sums = typename V::Sums;
    static constexpr int any = 0;  // number of rows

    const Element *grad_output, *x;
    Element* result;
    const typename V::Compute* slopes;
    std::size_t slope_columns;  // a mask: 0 where one slope serves all columns
    typename V::Wide* sums;
    std::size_t stride;

    const typename V::Compute* slopes_of(std::size_t column) const {
        return slopes + (column & slope_columns);
    }

    // So many registers of columns, from `column` on, through so many rows (or `count`) from `row` on.
    template <int registers, int rows, Store store = Store::cached>
    void whole(std::size_t column, std::size_t row, std::size_t count = 0) const {
        Reg slope[registers];
        Sums totals[registers];
        for (int u = 0; u < registers; ++u) {
            slope[u] = V::load_parameters(slopes_of(column + u * V::lanes));
            totals[u] = V::load_sums(sums + column + u * V::lanes);
        }
        std::size_t at = row * stride + column;
        for (std::size_t left = rows == any ? count : rows; left > 0; --left, at += stride) {
            for (int u = 0; u < registers; ++u) {
                const std::size_t i = at + u * V::lanes;
                const auto g = V::load(grad_output + i), value = V::load(x + i);
                const Reg r = Gradient::of<V>(g, value, slope[u]);
                totals[u] = Op::template add<V>(totals[u], g, value, V::rounded(r));
                store == Store::streaming ? V::stream(result + i, r) : V::store(result + i, r);
            }
        }
        for (int u = 0; u < registers; ++u) V::store_sums(sums + column + u * V::lanes, totals[u]);
    }

    // The idle lanes do what the first one does, with its sum.
    void partial(std::size_t column, std::size_t n, std::size_t row, std::size_t rows) const {
        typename V::Wide lanes[V::lanes];
        for (std::size_t i = 0; i < V::lanes; ++i) lanes[i] = sums[column + (i < n ? i : 0)];
        const Reg slope = V::load_parameters_partial(slopes_of(column), n);
        Sums totals = V::load_sums(lanes);
        for (std::size_t at = row * stride + column; rows > 0; --rows, at += stride) {
            const auto g = V::load_partial(grad_output + at, n), value = V::load_partial(x + at, n);
            const Reg r = Gradient::of<V>(g, value, slope);
            totals = Op::template add<V>(totals, g, value, V::rounded(r));
            V::store_partial(result + at, r, n);
        }
        V::store_sums(lanes, totals);
        for (std::size_t i = 0; i < n; ++i) sums[column + i] = lanes[i];
    }

    // As many columns as fill so many registers, again and again; returns where they end.
    template <int registers, int rows, Store store = Store::cached>
    std::size_t all_whole(std::size_t column, std::size_t width, std::size_t row, std::size_t count) const {
        constexpr std::size_t step = registers * V::lanes;
        for (; column + step <= width; column += step) whole<registers, rows, store>(column, row, count);
        return column;
    }
};

template <class Op, class V>
void reduction_kernel(const ReductionRows& job) {
    using Element = typename V::Element;
    const Columns<Op, V> columns{reinterpret_cast<const Element*>(job.grad_output),
                                 reinterpret_cast<const Element*>(job.x),
                                 reinterpret_cast<Element*>(job.result),
                                 static_cast<const typename V::Compute*>(job.slopes),
                                 job.one_slope ? 0 : ~std::size_t(0),
                                 static_cast<typename V::Wide*>(job.sums),
                                 job.stride};
    constexpr int registers = V::lanes > 1 ? sum_lanes / V::lanes : 4, any = columns.any;
    constexpr std::size_t cache_line = 64, line = std::max(cache_line / sizeof(Element), V::lanes);
    const bool narrow = job.width <= sum_lanes;
    // Narrow rows that fill registers lie in one piece, which is what streaming stores want. Those of wide ones, unless
    // cut into strips, fill a cache line at once, row by row: with lines of two rows in turn they take up to four times
    // as long.
    const bool streams = V::lanes > 1 && job.store == Store::streaming;
    const bool in_one_piece = streams && job.width == sum_lanes && job.stride == sum_lanes &&
                              elements_to_alignment<V>(columns.result) == 0;
    // Of 16-bit numbers, arithmetic takes longer than memory. Elements of `result` are aligned to their size.
    constexpr bool may_stream_lines = sizeof(Element) >= 4;
    const bool in_lines = may_stream_lines && streams && job.width >= 16 * line && job.width == job.stride;
    for (std::size_t row = 0, rows; row < job.rows + (job.rest > 0); row += rows) {
        const bool last = row == job.rows;  // the one that is not whole
        const std::size_t width = last ? job.rest : job.width, left = job.rows - row;
        std::size_t column = 0, end = width;
        rows = last || in_lines ? 1 : narrow ? left : std::min<std::size_t>(left, rows_at_once);
        if (last) {
            // registers one by one, below
        } else if (in_lines) {
            const auto at = reinterpret_cast<std::uintptr_t>(columns.result + row * job.stride);
            end = (0 - at) % cache_line / sizeof(Element);
        } else if (in_one_piece) {
            column = columns.template all_whole<registers, any, Store::streaming>(0, width, row, rows);
        } else if (narrow || registers == 2) {  // as many as below: one copy of the loop serves both
            column = columns.template all_whole<registers, any>(0, width, row, rows);
        } else if (rows == rows_at_once) {
            column = columns.template all_whole<2, rows_at_once>(0, width, row, rows);
        }
        for (;; end = width) {  // the head of a row in lines, and the tail of all
            column = columns.template all_whole<1, any>(column, end, row, rows);
            if (column < end) columns.partial(column, end - column, row, rows);
            if (end == width) break;
            column =
                columns.template all_whole<int(line / V::lanes), 1, Store::streaming>(end, width, row, 1);
        }
    }
    if (in_one_piece || in_lines) V::fence();
}

}  // namespace
}  // namespace leaky_relu
