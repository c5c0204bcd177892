// All there is: every float32 with eight slopes, in each function; every pair of 16-bit numbers. On each target that
// this machine has, against a reference in integers (float32) or in scalar arithmetic (16 bits).
//
//     exhaustive [seconds [first]]       stops after so many seconds, having spread over all; without: at the end
//
// Exit status 0: no bit was wrong. The last line says which chunks were done; the first of those that are left
// may be where another run begins.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <thread>
#include <vector>

#include "../../csrc/dispatch.hpp"
#include "../../csrc/half.hpp"
#include "multiply.hpp"

using namespace leaky_relu;

namespace {

constexpr std::size_t chunk = 1 << 16, chunks = std::size_t(1) << 16;  // of all 2^32
enum Names : std::size_t { forward, gradient, bias, affine };

[[noreturn]] void fail(const char* what, const KernelTable& table, std::uint64_t index, std::uint32_t got,
                       std::uint32_t expected) {
    std::printf("%s, %s: element %llx is %x, expected %x\n", table.name, what,
                static_cast<unsigned long long>(index), got, expected);
    std::fflush(stdout);
    std::_Exit(1);
}

constexpr std::uint32_t infinity_of(DType dtype) {
    return dtype == float32 ? integers::infinity : dtype == float16 ? 0x7c00 : 0x7f80;
}

// One bit pattern for all NaN.
template <class Word>
void compare(const char* what, const KernelTable& table, DType dtype, std::uint64_t first,
             const std::vector<Word>& got, const std::vector<Word>& expected) {
    if (std::memcmp(got.data(), expected.data(), got.size() * sizeof(Word)) == 0) return;
    constexpr Word magnitude = Word(Word(~Word(0)) >> 1);
    const std::uint32_t infinity = infinity_of(dtype);
    for (std::size_t i = 0; i < got.size(); ++i) {
        if (got[i] == expected[i]) continue;
        if ((got[i] & magnitude) > infinity && (expected[i] & magnitude) > infinity) continue;
        fail(what, table, first + i, got[i], expected[i]);
    }
}

template <class Word>
char* bytes(const std::vector<Word>& words) {
    return const_cast<char*>(reinterpret_cast<const char*>(words.data()));
}

void call(const KernelTable& table, std::size_t operation, DType dtype, const std::vector<char*>& args) {
    Rows job{};
    std::copy(args.begin(), args.end(), job.args);
    job.rows = 1;
    job.n = chunk;
    table.kernels[operation][dtype](job);
}

// --- float32 ---

void all_of_float32(std::size_t number, std::uint32_t slope) {
    thread_local std::vector<std::uint32_t> x(chunk), g(chunk), y(chunk), dx(chunk), out(chunk);
    thread_local std::vector<std::uint8_t> signs(chunk / 8), positive(chunk / 8);
    std::fill(signs.begin(), signs.end(), std::uint8_t(0));
    for (std::size_t i = 0; i < chunk; ++i) {
        x[i] = std::uint32_t(number * chunk + i);
        g[i] = x[i] * 2654435761u + 12345;  // all patterns, in another order
        const bool one = integers::is_positive(x[i]);
        y[i] = one ? x[i] : integers::multiply(x[i], slope);
        dx[i] = one ? g[i] : integers::multiply(g[i], slope);
        signs[i / 8] |= std::uint8_t(one << i % 8);
    }
    const std::uint64_t first = std::uint64_t(number) * chunk;
    const auto s = reinterpret_cast<char*>(&slope);
    for (const KernelTable* table : available_tables()) {
        call(*table, forward, float32, {bytes(x), s, bytes(out)});
        compare("forward", *table, float32, first, out, y);
        call(*table, gradient, float32, {bytes(g), bytes(x), s, bytes(out)});
        compare("gradient", *table, float32, first, out, dx);
        table->packed_forward[float32]({bytes(x), positive.data(), s, bytes(out)}, chunk, Store::cached);
        compare("packed forward", *table, float32, first, out, y);
        if (positive != signs) fail("signs", *table, first, 0, 0);
        table->packed_gradient[float32]({bytes(g), signs.data(), s, bytes(out)}, chunk, Store::cached);
        compare("packed gradient", *table, float32, first, out, dx);
    }
}

// --- 16 bits: one number of a pair is the same for all of a chunk ---

template <class T>
float wide(std::size_t bits) {
    return widen(T{std::uint16_t(bits)});
}

template <class T>
std::uint16_t leaky(float x, float slope) {
    return narrow(T{}, integers::is_positive(std::bit_cast<std::uint32_t>(x)) ? x : x * slope).bits;
}

template <class T, DType dtype>
void all_pairs(std::size_t number, std::uint32_t slope_bits) {
    thread_local std::vector<std::uint16_t> all(chunk), fixed(chunk), y(chunk), out(chunk);
    thread_local std::vector<float> biases(chunk);
    float slope = std::bit_cast<float>(slope_bits);
    const auto s = reinterpret_cast<char*>(&slope);
    const float value = wide<T>(number);
    const std::uint64_t first = std::uint64_t(number) * chunk;
    std::fill(fixed.begin(), fixed.end(), std::uint16_t(number));
    const auto compare_all = [&](const char* what, std::size_t operation, const std::vector<char*>& args) {
        for (const KernelTable* table : available_tables()) {
            call(*table, operation, dtype, args);
            compare(what, *table, dtype, first, out, y);
        }
    };
    const std::uint16_t product = narrow(T{}, value * slope).bits;
    for (std::size_t i = 0; i < chunk; ++i) {
        all[i] = std::uint16_t(i);
        const float x = wide<T>(i);
        y[i] = integers::is_positive(std::bit_cast<std::uint32_t>(x)) ? narrow(T{}, value).bits : product;
    }
    compare_all("gradient of 16 bits", gradient, {bytes(fixed), bytes(all), s, bytes(out)});
    for (std::size_t i = 0; i < chunk; ++i) {
        biases[i] = value;
        y[i] = leaky<T>(wide<T>(i) + value, slope);
    }
    compare_all("bias of 16 bits", bias, {bytes(all), reinterpret_cast<char*>(&biases[0]), s, bytes(out)});
    float scale = -1.25f;
    for (std::size_t i = 0; i < chunk; ++i) {
        const float scaled = wide<T>(i) * scale;
        y[i] = leaky<T>(scaled + value, slope);
    }
    compare_all(
        "affine of 16 bits", affine,
        {bytes(all), reinterpret_cast<char*>(&scale), reinterpret_cast<char*>(&biases[0]), s, bytes(out)});
}

// Where the kinds of float32 meet comes first, the others in an order that spreads; of the 16-bit numbers as well.
std::size_t chunk_at(std::size_t turn) {
    constexpr std::size_t meet[] = {0x0000, 0x8000, 0x007f, 0x0080, 0x7f7f, 0x7f80, 0xff80, 0x3f80};
    return turn < std::size(meet) ? meet[turn] : (turn - std::size(meet)) * 40503 % chunks;
}

struct Part {
    const char* name;
    void (*run)(std::size_t number, std::uint32_t slope);
    float slope;
};

std::vector<Part> parts() {
    std::vector<Part> all;
    const float smallest = std::bit_cast<float>(1), nan = std::bit_cast<float>(integers::quiet_nan);
    for (float slope : {0.0f, 0.01f, -0.01f, 0.5f, 1.0f, 2.0f, nan, smallest}) {
        all.push_back({"float32", all_of_float32, slope});
    }
    for (float slope : {0.01f, -0.5f}) {
        all.push_back({"float16", all_pairs<Half, float16>, slope});
        all.push_back({"bfloat16", all_pairs<BFloat16, bfloat16>, slope});
    }
    return all;
}

}  // namespace

int main(int count, char** arguments) {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    const double seconds = count > 1 ? std::atof(arguments[1]) : 1e9;
    const auto all = parts();
    const std::size_t total = (chunks + 8) * all.size();  // those of the beginning once more
    const std::size_t first = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 0;
    std::atomic<std::size_t> next{first}, done{first};
    const auto passed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
    const auto work = [&] {
        for (std::size_t i; passed() < seconds && (i = next++) < total; ++done) {
            const Part& part = all[i % all.size()];
            part.run(chunk_at(i / all.size()), std::bit_cast<std::uint32_t>(part.slope));
        }
    };
    std::vector<std::thread> threads;
    for (unsigned k = 0; k < std::max(1u, std::thread::hardware_concurrency()); ++k)
        threads.emplace_back(work);
    const bool shown = isatty(STDERR_FILENO);
    while (shown && done < total && passed() < seconds) {
        const double share = double(done) / double(total);
        std::fprintf(
            stderr, "\r[%-50.*s] %5.1f %%  %4.0f s left ", int(50 * share),
            "##################################################", 100 * share,
            std::min(passed() * double(total - done) / double(done - first + 1), seconds - passed()));
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    for (std::thread& thread : threads) thread.join();
    std::printf("%s%zu to %zu of %zu chunks of 65536, %zu combinations, targets:", shown ? "\n" : "", first,
                done.load(), total, all.size());
    for (const KernelTable* table : available_tables()) std::printf(" %s", table->name);
    std::printf("; %.0f s, no bit wrong\n", passed());
}
