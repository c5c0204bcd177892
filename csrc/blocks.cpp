#include "blocks.hpp"

#include <algorithm>

#include "dispatch.hpp"

namespace leaky_relu {
namespace {

// Bytes of a buffer; those of all operands together fit into the first cache.
constexpr std::size_t buffer_size = 4096;

// Narrower rows do not keep the kernels busy, and are laid beside each other where that can be done.
constexpr std::size_t narrow_below = 128;

// A tile's rows make up whole cache lines of the operand that is transposed.
constexpr std::ptrdiff_t cache_line = 64;

void prefetch_row(const char* p, std::ptrdiff_t bytes) {
    for (std::ptrdiff_t i = 0; i < bytes; i += cache_line) prefetch(p + i, true);
}

// Elements of a block where nothing is copied: enough to forget the cost of a block, few enough to share.
constexpr std::size_t uncopied_elements = 1 << 14;

}  // namespace

struct Blocks::Buffers {
    alignas(64) char memory[most_operands][buffer_size];
    // What a buffer holds of a parameter that is the same for all rows: patterns are laid out once.
    struct {
        const char* from = nullptr;
        std::size_t rows, columns;
    } held[most_operands];
};

Blocks::Blocks(const Elementwise& job, const Nest& nest, Store store, bool several_threads)
    : job_(job),
      nest_(nest),
      operation_(operations[job.operation]),
      kernel_(find_kernel(job.operation, job.dtype)),
      store_(store),
      several_threads_(several_threads) {
    for (int k = 0; k < nest.operands; ++k)
        copiers_[k] = job.readers[k] ? job.readers[k] : find_copier(size(k));
    for (int axis = 0; axis < nest.axes - 2; ++axis) outer_ *= nest.shape[axis];

    const std::ptrdiff_t element = element_size[job.dtype];
    collapse_ = nest.rows() > 1 && nest.row_length() * std::size_t(element) < narrow_below;
    if (!collapse_ && nest.rows() >= std::size_t(cache_line / 2 / element)) {
        for (int k = 0; k < operation_.data; ++k) {
            tiles_ |= !job.readers[k] && nest.step(k) != element && nest.step(k) != 0 &&
                      nest.row_step(k) == element;
        }
    }
    choose_access();
    choose_shape();
}

void Blocks::choose_access() {
    const auto lies_as_needed = [&](int k) {
        const bool rows_adjoin = nest_.row_step(k) == size(k) * std::ptrdiff_t(nest_.row_length());
        return !job_.readers[k] && nest_.step(k) == size(k) && (!collapse_ || rows_adjoin);
    };
    unsigned along = 0;
    for (int k = 0; k < nest_.operands; ++k) {
        const bool constant_in_rows = nest_.step(k) == 0 && (!collapse_ || nest_.row_step(k) == 0);
        if (operation_.is_parameter(k) && constant_in_rows) {
            access_[k] = Access::per_row;
        } else {
            access_[k] = lies_as_needed(k) ? Access::direct : Access::copied;
            if (operation_.is_parameter(k)) along |= 1u << k;
        }
    }
    // The kernels know three forms; what is one for the row is repeated along it where they need that.
    if (along) {
        along_ = along & 1u << operation_.slope() ? Along::all : Along::all_but_slope;
        for (int k = operation_.data; k < operation_.slope(); ++k) {
            if (access_[k] == Access::per_row) access_[k] = Access::copied;
        }
    }
    choose_strided();
    for (int k = 0; k < nest_.operands; ++k) any_copied_ |= access_[k] == Access::copied || job_.readers[k];
}

// All data inputs are taken as they lie or none.
void Blocks::choose_strided() {
    if (!loads_strided(job_.dtype) || along_ != Along::none || collapse_ || tiles_) return;
    if (std::any_of(job_.readers, job_.readers + operation_.data, [](Reader reader) { return reader; }))
        return;
    for (int k = 0; k < operation_.data; ++k) {
        if (access_[k] != Access::copied) continue;
        access_[k] = Access::strided;
        strided_ = true;
    }
}

void Blocks::choose_shape() {
    const std::size_t rows = nest_.rows(), n = nest_.row_length();
    if (any_copied_) {
        const std::size_t most = buffer_size / std::size_t(compute_size[job_.dtype]);
        const std::size_t most_rows = tiles_ ? std::size_t(cache_line / element_size[job_.dtype]) : rows;
        block_columns_ = tiles_ ? std::min(n, most / most_rows) : collapse_ ? n : std::min(n, most);
        block_rows_ = std::min({rows, most_rows, most / block_columns_});
    } else {
        block_columns_ = several_threads_ && rows * outer_ < 64 ? std::min(n, 2 * uncopied_elements) : n;
        block_rows_ = std::clamp<std::size_t>(uncopied_elements / block_columns_, 1, rows);
    }
    row_blocks_ = (rows + block_rows_ - 1) / block_rows_;
    column_blocks_ = (n + block_columns_ - 1) / block_columns_;
}

void Blocks::run(std::size_t begin, std::size_t end) const {
    Buffers buffers;
    for (std::size_t block = begin; block < end; ++block) run_block(block, buffers);
}

void Blocks::run_block(std::size_t block, Buffers& buffers) const {
    const std::size_t blocks = row_blocks_ * column_blocks_, inner = block % blocks;
    const std::size_t row = (tiles_ ? inner % row_blocks_ : inner / column_blocks_) * block_rows_;
    const std::size_t column = (tiles_ ? inner / row_blocks_ : inner % column_blocks_) * block_columns_;
    const std::size_t rows = std::min(block_rows_, nest_.rows() - row);
    const std::size_t columns = std::min(block_columns_, nest_.row_length() - column);
    const int output = nest_.output();

    std::ptrdiff_t offsets[most_operands];
    for (int k = 0; k < nest_.operands; ++k) {
        offsets[k] = nest_.offsets[k] + std::ptrdiff_t(row) * nest_.row_step(k) +
                     std::ptrdiff_t(column) * nest_.step(k);
    }
    std::size_t outer = block / blocks;
    for (int axis = nest_.axes - 3; axis >= 0; --axis) {
        const std::size_t index = outer % nest_.shape[axis];
        outer /= nest_.shape[axis];
        for (int k = 0; k < nest_.operands; ++k) offsets[k] += std::ptrdiff_t(index) * nest_.steps[axis][k];
    }

    // A tile's rows are too short for the CPU to notice in time that they are written.
    const bool prefetches = tiles_ && prefetches_tiles(size(output)) && access_[output] == Access::direct &&
                            store_ == Store::cached;
    for (std::size_t r = 0; prefetches && r < rows; ++r) {
        prefetch_row(job_.args[output] + offsets[output] + std::ptrdiff_t(r) * nest_.row_step(output),
                     std::ptrdiff_t(columns) * size(output));
    }

    Rows call;
    call.rows = collapse_ ? 1 : rows;
    call.n = collapse_ ? rows * columns : columns;
    call.along = along_;
    call.strided = strided_;
    call.store = access_[output] == Access::copied ? Store::cached : store_;
    for (int k = 0; k < nest_.operands; ++k) {
        char* const lies_at = job_.args[k] + offsets[k];
        if (access_[k] == Access::direct || access_[k] == Access::strided ||
            (access_[k] == Access::per_row && !job_.readers[k])) {
            call.args[k] = lies_at;
            call.element_steps[k] = nest_.step(k);
            call.steps[k] = nest_.row_step(k);
            continue;
        }
        const bool one_per_row = access_[k] == Access::per_row;
        const bool same_for_all_rows = operation_.is_parameter(k) && nest_.row_step(k) == 0;
        const std::size_t copy_rows = same_for_all_rows && (one_per_row || !collapse_) ? 1 : rows;
        const std::size_t n = one_per_row ? 1 : columns;
        const std::ptrdiff_t row_size = std::ptrdiff_t(n) * size(k);
        call.args[k] = buffers.memory[k];
        call.steps[k] = copy_rows == 1 ? 0 : row_size;
        if (k == output) continue;
        if (same_for_all_rows) {
            auto& held = buffers.held[k];
            if (held.from == lies_at && held.rows >= copy_rows && held.columns == n) continue;
            held = {lies_at, copy_rows, n};
        }
        copiers_[k](
            {lies_at, nest_.row_step(k), nest_.step(k), buffers.memory[k], row_size, size(k), copy_rows, n});
    }
    kernel_(call);
    if (access_[output] == Access::copied) {
        copiers_[output]({buffers.memory[output], std::ptrdiff_t(columns) * size(output), size(output),
                          job_.args[output] + offsets[output], nest_.row_step(output), nest_.step(output),
                          rows, columns});
    }
}

}  // namespace leaky_relu
