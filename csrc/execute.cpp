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
    Clock::time_point end_of_last_{};
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
    const Operation& operation = operations[job.operation];
    std::size_t bytes = 0;
    for (int k = 0; k < nest.operands; ++k) {
        const bool parameter = k >= operation.data && k < operation.count();
        std::size_t elements = std::size_t((parameter ? compute_size : element_size)[job.dtype]);
        for (int axis = 0; axis < nest.axes; ++axis) {
            if (nest.steps[axis][k] != 0) elements *= nest.shape[axis];
        }
        bytes += elements;
    }
    return bytes;
}

}  // namespace

Store store_for(std::size_t traffic, bool in_place) {
    // A little above the cache's size much of the data is still there the next time. Measured on Zen 5 with 32 MiB:
    // at 1.07 times that size streaming makes two threads 1.5 times slower, at 1.24 it is faster on any number.
    const bool outgrown = traffic / 5 > last_level_cache() / 4;
    return outgrown && !in_place ? Store::streaming : Store::cached;
}

void share(std::size_t units, std::size_t elements_each, std::size_t traffic, parallel::Piece piece,
           const void* job) {
    if (traffic < share_from) return piece(job, 0, units);
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
    Contiguous contiguous{find_kernel(job.operation, job.dtype), {}, output + 1, {}};
    contiguous.all.rows = 1;
    contiguous.all.n = n;
    contiguous.all.along = along;
    contiguous.all.store = Store::cached;
    for (int k = 0; k <= output; ++k) contiguous.all.args[k] = job.args[k];

    const int per_element = operation.data + 1 + (along == Along::all             ? operation.parameters
                                                  : along == Along::all_but_slope ? operation.parameters - 1
                                                                                  : 0);
    const std::size_t traffic = n * std::size_t(element_size[job.dtype]) * std::size_t(per_element);
    if (traffic < share_from || job.dtype == longdouble) return contiguous.kernel(contiguous.all);

    bool in_place = false;
    for (int k = 0; k <= output; ++k) {
        const bool parameter = k >= operation.data && k < output;
        if (!parameter) {
            contiguous.steps[k] = element_size[job.dtype];
        } else if (along == Along::all || (along == Along::all_but_slope && k != operation.slope())) {
            contiguous.steps[k] = compute_size[job.dtype];
        }
        in_place |= k < output && job.args[k] == job.args[output];
    }
    contiguous.all.store = store_for(traffic, in_place);
    share(n, 1, traffic, Contiguous::piece, &contiguous);
}

void execute_nest(const Elementwise& job, const Nest& nest) {
    bool in_place = false;
    for (int k = 0; k < nest.output(); ++k) in_place |= job.args[k] == job.args[nest.output()];
    const std::size_t traffic = traffic_of(job, nest);
    // longdouble's flags are the x87's, which no worker hands over.
    const bool shared = traffic >= share_from && job.dtype != longdouble && parallel::get_num_threads() > 1;
    const Blocks blocks(job, nest, store_for(traffic, in_place), shared);
    if (!shared) return blocks.run(0, blocks.count());
    share(blocks.count(), blocks.elements_each(), traffic, run_blocks, &blocks);
}

void execute_loop(const Elementwise& job, const std::ptrdiff_t* steps, std::size_t n) {
    const Operation& operation = operations[job.operation];
    const int output = operation.count();
    const std::ptrdiff_t size = element_size[job.dtype];
    const char *const out = job.args[output], *const out_end = out + std::ptrdiff_t(n) * size;

    bool contiguous = steps[output] == size, apart = true;
    Along along = Along::none;
    for (int k = 0; k < output; ++k) {
        const bool parameter = k >= operation.data;
        const std::ptrdiff_t element = (parameter ? compute_size : element_size)[job.dtype];
        if (parameter && steps[k] == 0) {
            contiguous &= !job.readers[k];
            continue;
        }
        if (parameter) along = Along::all;
        contiguous &= !job.readers[k] && steps[k] == element && (!parameter || operation.parameters == 1);
        apart &= job.args[k] == out || job.args[k] + std::ptrdiff_t(n) * element <= out || out_end <= job.args[k];
    }
    if (contiguous && apart) return execute_contiguous(job, n, along);
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
    if (traffic < share_from || dtype == longdouble) return kernel(arguments, n, Store::cached);
    const Packed job{kernel, arguments, size, store_for(traffic, arguments.input == arguments.output)};
    share(n, 1, traffic, Packed::piece, &job);
}

}  // namespace leaky_relu
