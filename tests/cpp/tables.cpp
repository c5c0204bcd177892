// Every table that this machine can run, compared bit for bit with the scalar one, through the thread pool: for
// systems where no Python runs (.ci/windows). Exit status 0: all is well.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "../../csrc/dispatch.hpp"
#include "../../csrc/fp_status.hpp"
#include "../../csrc/machine.hpp"
#include "../../csrc/parallel.hpp"
#include "../../csrc/recycler.hpp"
#include "is_nan.hpp"

using namespace leaky_relu;

namespace {

int compared = 0, wrong = 0;

// All kinds of bit patterns, NaNs and infinities among them; the same at every call.
std::vector<char> numbers(std::size_t bytes, std::uint32_t seed) {
    std::vector<char> result(bytes);
    for (char& byte : result) byte = char((seed = seed * 1664525u + 1013904223u) >> 24);
    return result;
}

struct Work {
    Kernel kernel;
    Rows job;
    std::ptrdiff_t sizes[most_operands];
    const Operation* operation;

    static void piece(const void* self, std::size_t begin, std::size_t end) {
        const Work& work = *static_cast<const Work*>(self);
        Rows job = work.job;
        for (int k = 0; k <= work.operation->count(); ++k) {
            const bool moves = job.along == Along::all || !work.operation->is_parameter(k);
            job.args[k] += moves ? std::ptrdiff_t(begin) * work.sizes[k] : 0;
        }
        job.n = end - begin;
        work.kernel(job);
    }
};

struct Result {
    std::vector<char> bytes;
    unsigned flags;
};

Result compute(const KernelTable& table, std::size_t op, DType dtype, std::size_t n, Along along,
               Store store) {
    const Operation& operation = operations[op];
    std::vector<std::vector<char>> memory;
    Work work{table.kernels[op][dtype], {}, {}, &operation};
    work.job.rows = 1;
    work.job.n = n;
    work.job.along = along;
    work.job.store = store;
    for (int k = 0; k <= operation.count(); ++k) {
        work.sizes[k] = operand_size(operation, dtype, k);
        memory.push_back(numbers((n + 1) * std::size_t(work.sizes[k]), std::uint32_t(k + 1)));
        work.job.args[k] = memory.back().data();
    }
    fp_status::clear();
    parallel::run(n, 4096, true, Work::piece, &work);
    const unsigned flags = fp_status::raised();
    return {memory.back(), flags};
}

void compare(const KernelTable& table, std::size_t op, DType dtype, std::size_t n, Along along, Store store) {
    const Result got = compute(table, op, dtype, n, along, store);
    const Result wanted = compute(scalar_table, op, dtype, n, along, store);
    const auto size = std::size_t(element_size[dtype]);
    bool same = got.flags == wanted.flags;
    for (std::size_t i = 0; same && i < wanted.bytes.size(); i += size) {
        const char *a = &got.bytes[i], *b = &wanted.bytes[i];
        same = std::memcmp(a, b, size) == 0 || (i < n * size && is_nan(a, dtype) && is_nan(b, dtype));
    }
    ++compared;
    if (!same) {
        ++wrong;
        std::printf("%s: %s, dtype %d, %zu elements, along %d: other bits or flags (%x, not %x)\n",
                    table.name, operations[op].name, int(dtype), n, int(along), got.flags, wanted.flags);
    }
}

}  // namespace

int main() {
    parallel::set_num_threads(4);
    for (const KernelTable* table : available_tables()) {
        for (std::size_t op = 0; op < operation_count; ++op) {
            for (const DType dtype : {float16, bfloat16, float32, float64}) {
                for (const std::size_t n : {1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 100, 1000, 100003}) {
                    compare(*table, op, dtype, n, Along::none, Store::cached);
                    compare(*table, op, dtype, n, Along::all, Store::streaming);
                }
            }
        }
    }
    // No memory is kept but on Linux, and the callers are told so.
    recycler::set_budget(std::size_t(1) << 30);
#if !defined(__linux__)
    if (recycler::keeps(1 << 20) || recycler::acquire(1 << 20)) ++wrong;
#endif
    std::printf("%d comparisons, %d wrong; best target %s, last-level cache %zu KiB\n", compared, wrong,
                table_in_use().name, last_level_cache() >> 10);
    return wrong != 0 || compared == 0;
}
