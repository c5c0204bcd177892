// PReLU's loop, once, for any Vec: grad_x, and the sums of a slope's gradient by columns.
//
// Strips of columns have their sums in registers for as many rows as make a fair portion of work; every
// column is added to in order of the rows, whatever the width of a register.
#pragma once

#include "loop.hpp"

namespace leaky_relu {
namespace {

template <class V, class Slope, Store mode>
struct PReLUStrips {
    using Element = typename V::Element;
    using Raw = typename V::Raw;
    using Reg = typename V::Reg;
    using Sums = typename V::Sums;
    static constexpr int unroll = prelu_columns / V::lanes;

    const Element *grad_output, *x;
    Element* grad_x;
    Slope slope;
    typename V::Wide* sums;
    std::size_t stride;

    static Sums zero() {
        static constexpr typename V::Wide zeros[V::lanes] = {};
        return V::load_sums(zeros);
    }

    static Reg both(Raw g, Raw value, Reg slope, Sums& sums) {
        sums = add_slope_gradient<V>(sums, g, value);
        return Gradient::apply<V>({g, value}, slope);
    }

    template <int registers>
    void whole(std::size_t column, std::size_t row, std::size_t rows) const {
        Reg slopes[registers];
        Sums totals[registers];
        for (int u = 0; u < registers; ++u) {
            slopes[u] = slope.load(column + u * V::lanes);
            totals[u] = row == 0 ? zero() : V::load_sums(sums + column + u * V::lanes);
        }
        for (std::size_t at = row * stride + column; rows > 0; --rows, at += stride) {
            for (int u = 0; u < registers; ++u) {
                const std::size_t i = at + u * V::lanes;
                const Reg result = both(V::load(grad_output + i), V::load(x + i), slopes[u], totals[u]);
                mode == Store::streaming ? V::stream(grad_x + i, result) : V::store(grad_x + i, result);
            }
        }
        for (int u = 0; u < registers; ++u) V::store_sums(sums + column + u * V::lanes, totals[u]);
    }

    void partial(std::size_t column, std::size_t n, std::size_t row, std::size_t rows) const {
        const Reg slopes = slope.load_partial(column, n);
        Sums totals = row == 0 ? zero() : V::load_sums(sums + column);  // idle lanes hold 1: not counted
        for (std::size_t at = row * stride + column; rows > 0; --rows, at += stride) {
            V::store_partial(
                grad_x + at,
                both(V::load_partial(grad_output + at, n), V::load_partial(x + at, n), slopes, totals), n);
        }
        V::store_sums(sums + column, totals);
    }

    void run(std::size_t width, std::size_t row, std::size_t rows) const {
        std::size_t column = 0;
        for (; column + prelu_columns <= width; column += prelu_columns) whole<unroll>(column, row, rows);
        for (; column + V::lanes <= width; column += V::lanes) whole<1>(column, row, rows);
        if (column < width) partial(column, width - column, row, rows);
    }
};

template <class V, Store mode, class Slope>
void prelu_strips(const PReLURows& job, Slope slope) {
    using Element = typename V::Element;
    // Portions of wide rows stay in the first cache; narrow ones are read as they lie.
    constexpr std::size_t portion = 4096;
    const std::size_t at_once = job.width <= prelu_columns ? job.rows
                                : job.width < portion / 4  ? portion / job.width
                                                           : 4;
    const PReLUStrips<V, Slope, mode> strips{reinterpret_cast<const Element*>(job.grad_output),
                                             reinterpret_cast<const Element*>(job.x),
                                             reinterpret_cast<Element*>(job.grad_x),
                                             slope,
                                             static_cast<typename V::Wide*>(job.sums),
                                             job.stride};
    for (std::size_t row = 0; row < job.rows; row += at_once) {
        strips.run(job.width, row, job.rows - row < at_once ? job.rows - row : at_once);
    }
    if (job.rest > 0) strips.run(job.rest, job.rows, 1);
    if (mode == Store::streaming) V::fence();
}

template <class V, Store mode>
void prelu_slopes(const PReLURows& job) {
    const auto* slopes = static_cast<const typename V::Compute*>(job.slopes);
    job.one_slope ? prelu_strips<V, mode>(job, ScalarSlope<V>{V::broadcast(*slopes)})
                  : prelu_strips<V, mode>(job, ArraySlope<V>{slopes});
}

template <class V>
void prelu_kernel(const PReLURows& job) {
    constexpr std::size_t width = V::lanes * sizeof(typename V::Element);
    const bool aligned =
        reinterpret_cast<std::uintptr_t>(job.grad_x) % width == 0 && job.stride % V::lanes == 0;
    job.store == Store::streaming&& aligned ? prelu_slopes<V, Store::streaming>(job)
                                            : prelu_slopes<V, Store::cached>(job);
}

}  // namespace
}  // namespace leaky_relu
