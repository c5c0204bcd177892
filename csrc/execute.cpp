#include "execute.hpp"

#include <algorithm>
#include <chrono>

#include "dispatch.hpp"
#include "machine.hpp"
#include "operations.hpp"
#include "parallel.hpp"

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

struct Dense {
    Kernel kernel;
    char* const* args;
    const std::ptrdiff_t* steps;
    int operands;
    Store store;

    static void piece(const void* self, std::size_t begin, std::size_t end) {
        const Dense& job = *static_cast<const Dense*>(self);
        char* args[most_operands];
        for (int k = 0; k < job.operands; ++k) args[k] = job.args[k] + std::ptrdiff_t(begin) * job.steps[k];
        job.kernel(args, job.steps, end - begin, job.store);
    }
};

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

void execute(Operation op, DType dtype, char* const* args, const std::ptrdiff_t* steps, std::size_t n) {
    const Kernel kernel = find_kernel(op, dtype);
    const int data = data_inputs[op];
    const std::ptrdiff_t size = element_size[dtype];
    const std::size_t bytes = n * size, traffic = bytes * (data + 1);
    if (traffic < share_from) return kernel(args, steps, n, Store::cached);

    // Pieces can be done in any order only where no output element is another's input.
    const char* const out = args[data + 1];
    bool dense = steps[data + 1] == size, in_place = false;
    for (int k = 0; k < data; ++k) {
        dense &= steps[k] == size && (args[k] == out || args[k] + bytes <= out || out + bytes <= args[k]);
        in_place |= args[k] == out;
    }
    dense &= steps[data] == 0 && dtype != longdouble;  // whose flags are the x87's
    if (!dense) return kernel(args, steps, n, Store::cached);

    const Dense job{kernel, args, steps, data + 2, store_for(traffic, in_place)};
    share(n, 1, traffic, Dense::piece, &job);
}

void execute_packed(Operation op, DType dtype, const PackedArguments& arguments, std::size_t n) {
    const PackedKernel kernel = find_packed_kernel(op, dtype);
    const std::size_t size = std::size_t(element_size[dtype]), traffic = 2 * n * size + n / 8;
    if (traffic < share_from || dtype == longdouble) return kernel(arguments, n, Store::cached);
    const Packed job{kernel, arguments, size, store_for(traffic, arguments.input == arguments.output)};
    share(n, 1, traffic, Packed::piece, &job);
}

}  // namespace leaky_relu
