#include "execute.hpp"

#include <algorithm>
#include <chrono>

#include "blocks.hpp"
#include "dispatch.hpp"
#include "machine.hpp"

namespace leaky_relu {
namespace {

// Bytes read and written. Measured on Zen 5 (2 CPUs, 32 MiB L3): below the first a handover costs more than
// it saves; from the second on it pays to wake a sleeping worker.
constexpr std::size_t share_from = 1 << 19, wake_from = 1 << 22;
// Elements whose traffic may_share would refuse, whatever the operation and dtype.
constexpr std::size_t surely_small = share_from / (most_operands * sizeof(long double));
constexpr std::size_t least_grain = 1 << 13, most_grain = 1 << 20;  // elements

// Waking a worker costs more than a small job saves, unless many follow each other closely: then it stays awake.
class Burst {
  public:
    // True for the ninth of a row of jobs with hardly a pause between them.
    bool job_begins() {
        row_ = Clock::now() - end_of_last_ < std::chrono::microseconds(25) ? row_ + 1 : 0;
        return row_ > 8;
    }
    void job_ended() { end_of_last_ = Clock::now(); }

  private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point end_of_last_;
    int row_ = 0;
};

struct Contiguous {
    Kernel kernel;
    Rows all;
    int operands;
    std::ptrdiff_t steps[most_operands];  // from an element to the next

    static void piece(const void* self, std::size_t begin, std::size_t end) {
        const Contiguous& job = *static_cast<const Contiguous*>(self);
        Rows part = job.all;
        for (int k = 0; k < job.operands; ++k) part.args[k] += std::ptrdiff_t(begin) * job.steps[k];
        part.n = end - begin;
        job.kernel(part);
    }
};

void run_blocks(const void* self, std::size_t begin, std::size_t end) {
    static_cast<const Blocks*>(self)->run(begin, end);
}

struct Packed {
    PackedKernel kernel;
    PackedArguments all;
    std::size_t size;
    Store store;

    static void piece(const void* self, std::size_t begin, std::size_t end) {
        const Packed& job = *static_cast<const Packed*>(self);
        const PackedArguments part{job.all.input + begin * job.size, job.all.signs + begin / 8, job.all.slope,
                                   job.all.output + begin * job.size};
        job.kernel(part, end - begin, job.store);
    }
};

// Bytes that are read and written, where elements that are broadcast count once.
std::size_t traffic_of(const Elementwise& job, const Nest& nest) {
    std::size_t bytes = 0;
    for (int k = 0; k < nest.operands; ++k) {
        std::size_t elements = std::size_t(operand_size(operations[job.operation], job.dtype, k));
        for (int axis = 0; axis < nest.axes; ++axis) {
            if (nest.steps[axis][k] != 0) elements *= nest.shape[axis];
        }
        bytes += elements;
    }
    return bytes;
}

// Whether a line of elements is what execute_contiguous takes.
bool is_contiguous(const Elementwise& job, const std::ptrdiff_t* steps, Along& along) {
    const Operation& operation = operations[job.operation];
    along = Along::none;
    for (int k = 0; k <= operation.count(); ++k) {
        if (job.readers[k]) return false;
        if (operation.is_parameter(k) && steps[k] == 0) {
            if (along != Along::none && k != operation.slope()) return false;
            if (along != Along::none) along = Along::all_but_slope;
            continue;
        }
        if (steps[k] != operand_size(operation, job.dtype, k)) return false;
        if (!operation.is_parameter(k)) continue;
        if (k > operation.data && along == Along::none) return false;
        along = Along::all;
    }
    return true;
}

}  // namespace

Store store_for(std::size_t traffic, bool in_place) {
    // A little above the cache's size much of the data is still there the next time. Measured on Zen 5 with 32 MiB:
    // at 1.07 times that size streaming makes two threads 1.5 times slower, at 1.24 it is faster on any number.
    const bool outgrown = traffic / 5 > last_level_cache() / 4;
    return outgrown && !in_place ? Store::streaming : Store::cached;
}

bool may_share(DType dtype, std::size_t traffic) { return traffic >= share_from && dtype != longdouble; }

void share(DType dtype, std::size_t units, std::size_t elements_each, std::size_t traffic,
           parallel::Piece piece, const void* job) {
    if (!may_share(dtype, traffic)) return piece(job, 0, units);
    // Pieces are whole cache lines of elements, and of bytes that hold a bit of each.
    const std::size_t elements = std::clamp(
        units * elements_each / (8 * std::size_t(parallel::get_num_threads())), least_grain, most_grain);
    const std::size_t grain = std::max<std::size_t>(elements / 1024 * 1024 / elements_each, 1);
    static thread_local Burst burst;
    const bool worth_waking = burst.job_begins() || traffic >= wake_from;
    parallel::run(units, grain, worth_waking, piece, job);
    burst.job_ended();
}

void execute_contiguous(const Elementwise& job, std::size_t n, Along along) {
    const Operation& operation = operations[job.operation];
    const int output = operation.count();
    Contiguous contiguous;
    contiguous.kernel = find_kernel(job.operation, job.dtype);
    Rows& all = contiguous.all;
    all.rows = 1;
    all.n = n;
    all.along = along;
    all.store = Store::cached;
    std::copy_n(job.args, most_operands, all.args);  // a number that the compiler knows: no call of memcpy
    if (n < surely_small) return contiguous.kernel(all);

    std::size_t traffic = 0;
    bool in_place = false;
    for (int k = 0; k <= output; ++k) {
        const bool one_for_all =
            operation.is_parameter(k) &&
            (along == Along::none || (along == Along::all_but_slope && k == operation.slope()));
        contiguous.steps[k] = one_for_all ? 0 : operand_size(operation, job.dtype, k);
        traffic += n * std::size_t(contiguous.steps[k]);
        in_place |= k < output && job.args[k] == job.args[output];
    }
    if (!may_share(job.dtype, traffic)) return contiguous.kernel(all);
    contiguous.operands = output + 1;
    all.store = store_for(traffic, in_place);
    share(job.dtype, n, 1, traffic, Contiguous::piece, &contiguous);
}

void execute_nest(const Elementwise& job, const Nest& nest) {
    Along along;
    const bool one_row = nest.axes == 2 && nest.rows() == 1;
    if (one_row && is_contiguous(job, nest.steps[1], along)) {
        Elementwise moved = job;
        for (int k = 0; k < nest.operands; ++k) moved.args[k] += nest.offsets[k];
        return execute_contiguous(moved, nest.row_length(), along);
    }
    bool in_place = false;
    for (int k = 0; k < nest.output(); ++k) in_place |= job.args[k] == job.args[nest.output()];
    const std::size_t traffic = traffic_of(job, nest);
    const bool several_threads = may_share(job.dtype, traffic) && parallel::get_num_threads() > 1;
    const Blocks blocks(job, nest, store_for(traffic, in_place), several_threads);
    if (!several_threads) return blocks.run(0, blocks.count());
    share(job.dtype, blocks.count(), blocks.elements_each(), traffic, run_blocks, &blocks);
}

void execute_loop(const Elementwise& job, const std::ptrdiff_t* steps, std::size_t n) {
    const Operation& operation = operations[job.operation];
    const int output = operation.count();
    const std::ptrdiff_t size = element_size[job.dtype];
    const char *const out = job.args[output], *const out_end = out + std::ptrdiff_t(n) * size;

    Along along;
    bool contiguous = is_contiguous(job, steps, along);
    for (int k = 0; k < output && contiguous; ++k) {
        if (steps[k] == 0) continue;
        // The same address is the same element only where elements are of one size.
        const char* const end = job.args[k] + std::ptrdiff_t(n) * steps[k];
        contiguous = (job.args[k] == out && steps[k] == size) || end <= out || out_end <= job.args[k];
    }
    if (contiguous) return execute_contiguous(job, n, along);
    Nest line;
    line.operands = output + 1;
    line.axes = 2;
    line.shape[0] = 1;
    line.shape[1] = n;
    for (int k = 0; k <= output; ++k) {
        line.steps[0][k] = 0;
        line.steps[1][k] = steps[k];
    }
    const Blocks blocks(job, line, Store::cached, false);
    blocks.run(0, blocks.count());
}

void execute_packed(PackedKernel kernel, DType dtype, const PackedArguments& arguments, std::size_t n) {
    const std::size_t size = std::size_t(element_size[dtype]), traffic = 2 * n * size + n / 8;
    const Packed job{kernel, arguments, size, store_for(traffic, arguments.input == arguments.output)};
    share(dtype, n, 1, traffic, Packed::piece, &job);
}

}  // namespace leaky_relu
