// How a reduction is cut into units of work (see reduction.hpp). Pure: everything follows from the shape.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "kernel_table.hpp"

namespace leaky_relu {

constexpr std::size_t segments_from = 64, segment = 1 << 16, least_block_rows = 64;
constexpr std::size_t most_beside = 2048;  // elements; the order of the sums depends on it

// Columns whose sums of so many bytes fit into the first cache, and onto the stack of any thread. At least
// lcm(32, inner), so that strips keep channels whole.
constexpr std::size_t most_strip(std::size_t sum_size) { return (1 << 15) / sum_size; }

// Long runs of a channel, cut into segments.
struct Segments {
    std::size_t runs, inner, per_run;

    Segments(std::size_t outer, std::size_t channels, std::size_t inner)
        : runs(outer * channels), inner(inner), per_run((inner + segment - 1) / segment) {}

    std::size_t units() const { return runs * per_run; }
    std::size_t elements_each() const { return std::min(segment, inner); }
    std::size_t run(std::size_t unit) const { return unit / per_run; }
    std::size_t first(std::size_t unit) const { return run(unit) * inner + unit % per_run * segment; }
    std::size_t length(std::size_t unit) const { return std::min(segment, inner - unit % per_run * segment); }
};

// Rows of short runs, some of them side by side, cut into blocks of rows and strips of columns.
struct Strips {
    std::size_t outer, inner, row;        // a row of the array
    std::size_t rows_beside, wide, rows;  // in a wide row; its length; wide rows in a block
    std::size_t width, per_row, blocks;   // of a strip; strips in a wide row

    Strips(std::size_t outer, std::size_t channels, std::size_t inner, std::size_t most_columns)
        : outer(outer), inner(inner), row(channels * inner) {
        rows_beside =
            std::min(sum_lanes / std::gcd(sum_lanes, row), std::max<std::size_t>(most_beside / row, 1));
        wide = row * rows_beside;
        rows = std::max(least_block_rows, segment / wide);
        const std::size_t whole_channels = std::lcm(sum_lanes, inner);
        width = wide <= most_columns ? wide : most_columns / whole_channels * whole_channels;
        per_row = (wide + width - 1) / width;
        blocks = (outer + rows * rows_beside - 1) / (rows * rows_beside);
    }

    std::size_t units() const { return blocks * per_row; }
    std::size_t elements_each() const {
        return std::min(rows, (outer + rows_beside - 1) / rows_beside) * width;
    }
    std::size_t block(std::size_t unit) const { return unit / per_row; }
    std::size_t column(std::size_t unit) const { return unit % per_row * width; }
    std::size_t columns(std::size_t unit) const { return std::min(width, wide - column(unit)); }
    std::size_t first_row(std::size_t unit) const { return block(unit) * rows * rows_beside; }
    std::size_t array_rows(std::size_t unit) const {
        return std::min(rows * rows_beside, outer - first_row(unit));
    }
};

}  // namespace leaky_relu
