// libFuzzer: the kernels of each target against those of the scalar one, on rows of any length and alignment, any bits
// in them: values, flags, signs, and (by AddressSanitizer) no byte beyond the ends.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "../../csrc/dispatch.hpp"
#include "../../csrc/fp_status.hpp"
#include "is_nan.hpp"

using namespace leaky_relu;

namespace {

struct Memory {
    std::unique_ptr<char[]> all;
    char* at;
    std::size_t size;

    // The last byte is the last of the allocation; the first one is `offset` from its beginning.
    Memory(std::size_t bytes, std::size_t offset)
        : all(new char[offset + bytes]), at(all.get() + offset), size(bytes) {}
    void fill(const std::uint8_t* data, std::size_t length, unsigned seed) {
        for (std::size_t i = 0; i < size; ++i) {
            seed = seed * 1664525 + 1013904223;
            at[i] = char(i < length ? data[i] : seed >> 24);
        }
    }
};

void compare(DType dtype, const Memory& a, const Memory& b) {
    const std::size_t size = std::size_t(element_size[dtype]);
    for (std::size_t i = 0; i < a.size; i += size) {
        if (std::memcmp(a.at + i, b.at + i, size) == 0) continue;
        if (!is_nan(a.at + i, dtype) || !is_nan(b.at + i, dtype)) std::abort();
    }
}

template <class Call>
unsigned flags_of(const Call& call) {
    fp_status::clear();
    call();
    const unsigned raised = fp_status::raised();
    fp_status::clear();
    return raised;
}

void check(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length) {
    if (length < 8) return 0;
    const std::size_t op = data[0] % operation_count;
    const DType dtype = DType(data[1] % 4);
    const Operation& operation = operations[op];
    const std::size_t size = std::size_t(element_size[dtype]), rows = 1 + data[4] % 3;
    const std::size_t n = 1 + (data[2] | data[3] << 8) % 700, offset = data[5] % 16 * size;
    const Store store = data[6] % 2 ? Store::streaming : Store::cached;
    Along along = Along(data[7] % 3);
    if (operation.parameters == 1 && along == Along::all_but_slope) along = Along::all;
    const std::size_t whole = n * rows;

    Rows job{};
    job.rows = rows;
    job.n = n;
    job.along = along;
    job.store = store;
    std::vector<Memory> inputs;
    for (int k = 0; k < operation.count(); ++k) {
        const std::size_t each = std::size_t(operand_size(operation, dtype, k));
        const bool is_along =
            along == Along::all || (along == Along::all_but_slope && k != operation.slope());
        const bool one = operation.is_parameter(k) && !is_along;
        inputs.emplace_back((one ? 1 : whole) * each, offset / size * each);
        inputs.back().fill(data + 8, length - 8, unsigned(k) * 77 + unsigned(length));
        job.args[k] = inputs.back().at;
        job.steps[k] = one ? 0 : std::ptrdiff_t(n * each);
    }
    job.steps[operation.count()] = std::ptrdiff_t(n * size);
    job.strided = loads_strided(dtype) && along == Along::none && data[6] / 2 % 2;
    for (int k = 0; job.strided && k < operation.data; ++k) {  // each row from its end
        job.args[k] += (n - 1) * size;
        job.element_steps[k] = -std::ptrdiff_t(size);
    }
    const auto run = [&](const KernelTable& table, Memory& out) {
        job.args[operation.count()] = out.at;
        return flags_of([&] { table.kernels[op][dtype](job); });
    };
    Memory expected(whole * size, offset);
    const unsigned flags = run(scalar_table, expected);

    char* const x = inputs[std::size_t(operation.x())].at;  // the packed kernels take it as it lies
    char* const slope = inputs[std::size_t(operation.slope())].at;
    std::vector<std::uint8_t> signs((whole + 7) / 8), positive((whole + 7) / 8);
    Memory y(whole * size, offset), dx(whole * size, offset);
    const unsigned packed_flags = flags_of(
        [&] { scalar_table.packed_forward[dtype]({x, signs.data(), slope, y.at}, whole, Store::cached); });
    const unsigned gradient_flags = flags_of(
        [&] { scalar_table.packed_gradient[dtype]({x, signs.data(), slope, dx.at}, whole, Store::cached); });
    for (const KernelTable* table : available_tables()) {
        Memory out(whole * size, offset);
        check(run(*table, out) == flags);
        compare(dtype, out, expected);
        check(flags_of([&] {
                  table->packed_forward[dtype]({x, positive.data(), slope, out.at}, whole, store);
              }) == packed_flags);
        compare(dtype, out, y);
        check(positive == signs);
        check(flags_of([&] {
                  table->packed_gradient[dtype]({x, signs.data(), slope, out.at}, whole, store);
              }) == gradient_flags);
        compare(dtype, out, dx);
    }
    return 0;
}
