#include "reduction.hpp"

#include <memory>
#include <new>
#include <type_traits>

#include "dispatch.hpp"
#include "execute.hpp"
#include "slices.hpp"

namespace leaky_relu {
namespace {

template <std::size_t n, class Wide>
Wide sum_halves(Wide (&all)[n]) {
    if constexpr (n == 1) {
        return all[0];
    } else {
        Wide sums[n / 2];
        for (std::size_t i = 0; i < n / 2; ++i) sums[i] = all[i] + all[i + n / 2];
        return sum_halves<n / 2>(sums);
    }
}

// A unit of work leaves its sums in `parts`, which are then added up.
template <class Compute, class Slices>
struct Job {
    using Wide = std::conditional_t<(sizeof(Compute) > sizeof(double)), Compute, double>;

    const ReductionArrays& arrays;
    Slices slices;
    ReductionKernel kernel;
    std::size_t size;
    Store store;
    Wide* parts;

    Compute slope_of(std::size_t channel) const {
        return static_cast<const Compute*>(arrays.slopes)[arrays.one_slope ? 0 : channel];
    }

    void call(std::size_t first, ReductionRows rows) const {
        rows.grad_output = arrays.grad_output + first * size;
        rows.x = arrays.x + first * size;
        rows.result = arrays.result + first * size;
        rows.store = store;
        if (rows.rows == 0) {
            rows.width = rows.rest;
            rows.rows = 1;
            rows.rest = 0;
        }
        kernel(rows);
    }

    static void units(const void* self, std::size_t begin, std::size_t end) {
        const Job& job = *static_cast<const Job*>(self);
        for (std::size_t unit = begin; unit < end; ++unit) job.unit(unit);
    }

    void unit(std::size_t u) const {
        if constexpr (std::is_same_v<Slices, Segments>) {
            do_segment(u);
        } else {
            do_strip(u);
        }
    }

    void do_segment(std::size_t u) const {
        const std::size_t n = slices.length(u);
        Wide totals[sum_lanes] = {};
        Compute slope[sum_lanes];
        std::fill_n(slope, sum_lanes, slope_of(slices.run(u) % arrays.channels));
        ReductionRows rows{};
        rows.slopes = slope;
        rows.one_slope = true;
        rows.sums = totals;
        rows.width = rows.stride = sum_lanes;
        rows.rows = n / sum_lanes;
        rows.rest = n % sum_lanes;
        call(slices.first(u), rows);
        parts[u] = sum_halves(totals);
    }

    void do_strip(std::size_t u) const {
        const std::size_t column = slices.column(u), width = slices.columns(u), inner = slices.inner;
        const std::size_t channel = column / inner, count = width / slices.rows_beside / inner;
        const auto each_column = [&](auto body) {
            for (std::size_t i = 0; i < width;) {
                if (inner == 1) {  // a loop of one turn in another takes four times as long
                    for (std::size_t c = 0; c < count; ++c) body(i++, c);
                    continue;
                }
                for (std::size_t c = 0; c < count; ++c) {
                    for (std::size_t k = 0; k < inner; ++k) body(i++, c);
                }
            }
        };

        Compute slopes[most_strip(sizeof(Wide))];
        if (arrays.one_slope) {
            std::fill_n(slopes, sum_lanes, slope_of(0));
        } else {
            each_column([&](std::size_t i, std::size_t c) { slopes[i] = slope_of(channel + c); });
        }
        Wide totals[most_strip(sizeof(Wide))], *const sums =
                                                   parts + slices.block(u) * arrays.channels + channel;
        const bool a_column_each = count == width;
        if (!a_column_each) std::fill_n(totals, width, Wide(0));
        ReductionRows rows{};
        rows.slopes = slopes;
        rows.one_slope = arrays.one_slope;
        rows.sums = a_column_each ? sums : totals;
        rows.width = width;
        rows.rows = slices.array_rows(u) / slices.rows_beside;
        rows.stride = slices.wide;
        rows.rest = slices.array_rows(u) % slices.rows_beside * slices.row;
        call(slices.first_row(u) * slices.row + column, rows);
        if (!a_column_each) each_column([&](std::size_t i, std::size_t c) { sums[c] += totals[i]; });
    }
};

// The parts lie as [outer][channel][count] and are added up channel by channel.
template <class Compute, class Slices>
bool run(ReductionKernel kernel, DType dtype, const ReductionArrays& arrays, Slices slices, std::size_t outer,
         std::size_t count) {
    using Wide = typename Job<Compute, Slices>::Wide;
    const std::size_t size = std::size_t(element_size[dtype]);
    const std::size_t traffic = 3 * arrays.outer * arrays.channels * arrays.inner * size;
    const std::unique_ptr<Wide[]> parts(new (std::nothrow) Wide[outer * arrays.channels * count]());
    if (!parts) return false;

    const Store store = store_for(traffic, arrays.result == arrays.grad_output);
    const Job<Compute, Slices> job{arrays, slices, kernel, size, store, parts.get()};
    share(dtype, slices.units(), slices.elements_each(), traffic, job.units, &job);
    Wide* const sums = static_cast<Wide*>(arrays.sums);
    std::fill_n(sums, arrays.channels, Wide(0));
    for (std::size_t o = 0; o < outer; ++o) {
        const Wide* const part = parts.get() + o * arrays.channels * count;
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t c = 0; c < arrays.channels; ++c) sums[c] += part[c * count + i];
        }
    }
    return true;
}

template <class Compute>
bool run(ReductionKernel kernel, DType dtype, const ReductionArrays& arrays) {
    if (arrays.inner >= segments_from) {
        const Segments slices(arrays.outer, arrays.channels, arrays.inner);
        return run<Compute>(kernel, dtype, arrays, slices, arrays.outer, slices.per_run);
    }
    using Wide = typename Job<Compute, Strips>::Wide;
    const Strips slices(arrays.outer, arrays.channels, arrays.inner, most_strip(sizeof(Wide)));
    return run<Compute>(kernel, dtype, arrays, slices, slices.blocks, 1);
}

}  // namespace

bool reduce(Reduction reduction, DType dtype, const ReductionArrays& arrays) {
    const ReductionKernel kernel = find_reduction(reduction, dtype);
    switch (dtype) {
        case longdouble:
            return run<long double>(kernel, dtype, arrays);
        case float64:
            return run<double>(kernel, dtype, arrays);
        default:
            return run<float>(kernel, dtype, arrays);
    }
}

}  // namespace leaky_relu
