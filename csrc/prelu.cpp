#include "prelu.hpp"

#include <algorithm>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

#include "dispatch.hpp"
#include "execute.hpp"
#include "operations.hpp"

namespace leaky_relu {
namespace {

constexpr std::size_t run_from = 64, segment = 1 << 16, least_rows = 64;
constexpr std::size_t strip =
    2048;  // columns; at least lcm(32, inner), so that strips can keep channels whole

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

template <class Compute, Operation operation>
struct Job {
    static constexpr bool sums = operation == gradient;
    using Wide = std::conditional_t<(sizeof(Compute) > sizeof(double)), Compute, double>;

    const PReLUArrays& arrays;
    DType dtype;
    std::ptrdiff_t size = element_size[dtype];
    std::size_t channels = arrays.channels, inner = arrays.inner, row = channels * inner;
    std::size_t traffic = arrays.outer * row * size * (data_inputs[operation] + 1);
    Store store = store_for(traffic, arrays.result == arrays.x);
    Kernel forward_kernel = find_kernel(forward, dtype);
    PReLUKernel gradient_kernel = find_prelu_kernel(dtype);
    Wide* partial = nullptr;  // a sum for each segment, or block and channel

    std::size_t segments = 0;  // of a run
    std::size_t beside = 0, wide = 0,
                block = 0;                    // rows that make a wide one, its length, wide rows in a block
    std::size_t strip_width = 0, strips = 0;  // of a wide row

    const Compute* slope(std::size_t channel) const {
        return static_cast<const Compute*>(arrays.slopes) + channel;
    }

    // From element `first` on, `rows` of that width and `rest` elements of another, `stride` elements apart.
    void compute(std::size_t first, const Compute* slopes, bool one_slope, Wide* totals, std::size_t width,
                 std::size_t rows, std::size_t stride, std::size_t rest) const {
        const std::size_t at = first * size;
        if constexpr (sums) {
            if (rows == 0) width = std::exchange(rest, 0), rows = 1;
            gradient_kernel({arrays.grad_output + at, arrays.x + at, arrays.result + at, slopes, one_slope,
                             totals, width, rows, stride, rest, store});
            return;
        }
        const std::ptrdiff_t steps[] = {size, one_slope ? 0 : std::ptrdiff_t(sizeof(Compute)), size};
        const auto call = [&](std::size_t offset, std::size_t n) {
            char* args[] = {const_cast<char*>(arrays.x) + at + offset * size,
                            reinterpret_cast<char*>(const_cast<Compute*>(slopes)),
                            arrays.result + at + offset * size};
            forward_kernel(args, steps, n, store);
        };
        if (one_slope) return call(0, rows * stride + rest);
        for (std::size_t r = 0; r < rows; ++r) call(r * stride, width);
        call(rows * stride, rest);
    }

    static void segment_units(const void* self, std::size_t begin, std::size_t end) {
        const Job& job = *static_cast<const Job*>(self);
        for (std::size_t unit = begin; unit < end; ++unit) job.do_segment(unit);
    }

    void do_segment(std::size_t unit) const {
        const std::size_t run = unit / segments, begin = unit % segments * segment;
        const std::size_t n = std::min(segment, inner - begin), rest = n % prelu_columns;
        Wide totals[prelu_columns] = {};
        compute(run * inner + begin, slope(run % channels), true, totals, prelu_columns, n / prelu_columns,
                prelu_columns, rest);
        if (sums) partial[unit] = sum_halves(totals);
    }

    static void strip_units(const void* self, std::size_t begin, std::size_t end) {
        const Job& job = *static_cast<const Job*>(self);
        for (std::size_t unit = begin; unit < end; ++unit) job.do_strip(unit / job.strips, unit % job.strips);
    }

    void do_strip(std::size_t block_number, std::size_t strip_number) const {
        const std::size_t first = block_number * block * beside, column = strip_number * strip_width;
        const std::size_t rows = std::min(block * beside, arrays.outer - first);
        const std::size_t width = std::min(strip_width, wide - column);
        const std::size_t channel = column / inner, count = width / beside / inner;
        const auto each_column = [&](auto body) {
            for (std::size_t i = 0; i < width;) {
                for (std::size_t c = 0; c < count; ++c) {
                    for (std::size_t k = 0; k < inner; ++k) body(i++, c);
                }
            }
        };

        Compute slopes[strip];
        Wide totals[strip] = {};
        each_column([&](std::size_t i, std::size_t c) { slopes[i] = *slope(channel + c); });
        compute(first * row + column, slopes, false, totals, width, rows / beside, wide, rows % beside * row);
        if (sums) {
            Wide* const to = partial + block_number * channels + channel;
            each_column([&](std::size_t i, std::size_t c) { to[c] += totals[i]; });
        }
    }

    // Does all units. Their sums, which lie as [outer][channel][count], are added up channel by channel.
    void run(parallel::Piece piece, std::size_t units, std::size_t elements_each, std::size_t outer,
             std::size_t count) {
        std::vector<Wide> memory(sums ? outer * channels * count : 0);
        partial = memory.data();
        if (dtype == longdouble) {  // whose flags are the x87's
            piece(this, 0, units);
        } else {
            share(units, elements_each, traffic, piece, this);
        }
        if (!sums) return;
        Wide* const totals = static_cast<Wide*>(arrays.sums);
        std::fill(totals, totals + channels, Wide(0));
        const Wide* p = partial;
        for (std::size_t o = 0; o < outer; ++o) {
            for (std::size_t c = 0; c < channels; ++c) {
                for (std::size_t i = 0; i < count; ++i) totals[c] += *p++;
            }
        }
    }

    void run() {
        if (inner >= run_from) {
            segments = (inner + segment - 1) / segment;
            const std::size_t units = arrays.outer * channels * segments;
            return run(segment_units, units, std::min(segment, inner), arrays.outer, segments);
        }
        const std::size_t at_most = std::max<std::size_t>(strip / row, 1);
        beside = sums ? std::min(prelu_columns / std::gcd(prelu_columns, row), at_most) : at_most;
        wide = row * beside;
        block = std::max(least_rows, segment / wide);
        const std::size_t whole_channels = std::lcm(prelu_columns, inner);
        strip_width = wide <= strip ? wide : strip / whole_channels * whole_channels;
        strips = (wide + strip_width - 1) / strip_width;
        const std::size_t blocks = (arrays.outer + block * beside - 1) / (block * beside);
        const std::size_t rows = std::min(block, (arrays.outer + beside - 1) / beside);
        run(strip_units, blocks * strips, rows * strip_width, blocks, 1);
    }
};

}  // namespace

void prelu(DType dtype, const PReLUArrays& arrays) {
    const auto run = [&]<class Compute>(Compute) {
        arrays.grad_output ? Job<Compute, gradient>{arrays, dtype}.run()
                           : Job<Compute, forward>{arrays, dtype}.run();
    };
    dtype == longdouble ? run(0.0L) : dtype == float64 ? run(0.0) : run(0.0f);
}

}  // namespace leaky_relu
