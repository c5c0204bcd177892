// What Python cannot see of the thread pool and the kept memory: who took part in a job, whether flags are
// handed over before the caller goes on, what a fork in the middle leaves. Run by tests/test_cpp.py, under
// ThreadSanitizer as well. The argument says how many rounds; exit status 0 and no output: all is well.
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "../../csrc/fp_status.hpp"
#include "../../csrc/parallel.hpp"
#include "../../csrc/recycler.hpp"

using namespace leaky_relu;

namespace {

#define CHECK(condition)                                                             \
    if (!(condition)) {                                                              \
        std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
        std::_Exit(1);                                                               \
    }

// No fork waits for the mutexes of the allocator that GCC 12's AddressSanitizer has: the child of a process in which
// others allocate may wait for one for ever.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool forks_may_hang = true;
#else
constexpr bool forks_may_hang = false;
#endif

// Nor does ThreadSanitizer support threads in the child of a process that had several: now and then one hangs.
#if defined(__SANITIZE_THREAD__)
constexpr bool children_have_threads = false;
#else
constexpr bool children_have_threads = true;
#endif

constexpr std::size_t mib = std::size_t(1) << 20;

// Work that leaves the CPU to the other threads, so that all of them take part on any machine.
void work_for(int microseconds) { std::this_thread::sleep_for(std::chrono::microseconds(microseconds)); }

// Work that does not.
void work_hard(int turns) {
    for (int i = 0; i < turns; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);  // keeps the loop
}

// --- the pool ---

struct Sum {
    std::vector<std::atomic<int>> seen;
    std::mutex mutex;
    std::set<std::thread::id> who;

    explicit Sum(std::size_t n) : seen(n) {}
    static void piece(const void* self, std::size_t begin, std::size_t end) {
        Sum& sum = *const_cast<Sum*>(static_cast<const Sum*>(self));
        work_for(20);
        for (std::size_t i = begin; i < end; ++i) sum.seen[i].fetch_add(1, std::memory_order_relaxed);
        const std::lock_guard<std::mutex> lock(sum.mutex);
        sum.who.insert(std::this_thread::get_id());
    }
};

std::size_t threads_of_a_job(std::size_t n, std::size_t grain) {
    Sum sum(n);
    parallel::run(n, grain, true, Sum::piece, &sum);
    for (const auto& times : sum.seen) CHECK(times == 1);
    return sum.who.size();
}

void every_piece_once_and_no_more_threads_than_allowed(int rounds) {
    std::size_t most[9] = {};
    for (int i = 0; i < rounds; ++i) {
        const int allowed =
            i % 2 ? 8 : 1 + i / 2 % 4;  // lowered again and again, while eight threads are there
        parallel::set_num_threads(allowed);
        most[allowed] = std::max(most[allowed], threads_of_a_job(std::size_t(30 + i % 37), 1 + i % 3));
    }
    for (std::size_t allowed = 1; allowed < 9; ++allowed) CHECK(most[allowed] <= allowed);
    CHECK(most[8] > 1);
}

// Those asleep as well: they all take part in a job that is long enough.
void a_job_wakes_all_workers() {
    parallel::set_num_threads(4);
    std::size_t most = 0;
    for (int i = 0; i < 20 && most < 4; ++i) {
        work_for(5000);  // until they sleep
        most = std::max(most, threads_of_a_job(400, 1));
    }
    CHECK(most == 4);
}

// What the pool's handler of forks leaves: it has joined the workers, but the system may still count one. This handler
// is registered before the pool's, and so comes after it.
std::atomic<long> worker{0};
int left_at_forks = 0;

[[gnu::constructor(101)]] void look_for_a_worker_at_forks() {
    pthread_atfork([] { left_at_forks += worker && syscall(SYS_tgkill, getpid(), worker.load(), 0) == 0; },
                   nullptr, nullptr);
}

struct SlowToEnd {
    std::thread::id caller = std::this_thread::get_id();

    // A worker with files of its own, which the system closes after the thread counts as joined.
    static void piece(const void* self, std::size_t, std::size_t) {
        work_for(20);
        if (std::this_thread::get_id() == static_cast<const SlowToEnd*>(self)->caller) return;
        if (!worker) unshare(CLONE_FILES);  // containers may forbid it: then it ends as fast as any
        worker = syscall(SYS_gettid);
    }
};

// Python counts threads as the system does, and warns of a fork beside any. The pool waits some time, not for ever.
void hardly_a_worker_is_left_at_forks() {
    constexpr int rounds = 40;
    std::vector<int> files;
    for (int i = 0; i < 500; ++i) files.push_back(dup(STDERR_FILENO));
    parallel::set_num_threads(2);
    for (int i = 0; i < rounds; ++i) {
        const SlowToEnd job;
        while (!worker) parallel::run(2, 1, true, SlowToEnd::piece, &job);
        const pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) std::_Exit(0);
        int status = 0;
        CHECK(waitpid(child, &status, 0) == child && status == 0);
        worker = 0;
    }
    for (const int file : files) close(file);
    CHECK(left_at_forks < rounds / 4);
}

struct Flagged {
    std::thread::id caller = std::this_thread::get_id();
    std::atomic<bool> raised{false};

    // The caller raises nothing. A worker takes longer, so the caller waits for it, and raises at the end.
    static void piece(const void* self, std::size_t, std::size_t) {
        Flagged& job = *const_cast<Flagged*>(static_cast<const Flagged*>(self));
        if (std::this_thread::get_id() == job.caller) return work_hard(500);
        work_hard(1000);
        job.raised = true;
        fp_status::raise(fp_status::overflow);
    }
};

void flags_arrive_with_the_result(int rounds) {
    parallel::set_num_threads(2);
    int taken_part = 0;
    for (int i = 0; i < rounds; ++i) {
        Flagged job;
        fp_status::clear();
        parallel::run(16, 1, true, Flagged::piece, &job);
        CHECK(fp_status::raised() == (job.raised ? fp_status::overflow : 0));
        taken_part += job.raised;
    }
    fp_status::clear();
    CHECK(taken_part > 0);
}

// --- the kept memory ---

void use(int rounds, unsigned seed) {
    std::vector<unsigned char*> blocks;
    for (int i = 0; i < rounds; ++i) {
        seed = seed * 1664525 + 1013904223;
        const std::size_t bytes = mib + (seed >> 8) % (3 * mib);
        const auto mark = static_cast<unsigned char>(seed >> 24);
        auto* block = static_cast<unsigned char*>(recycler::acquire(bytes));
        CHECK(block);
        block[0] = block[bytes - 1] = mark;
        blocks.push_back(block);
        if (seed >> 30 == 0) {
            auto* const resized = static_cast<unsigned char*>(recycler::resize(block, bytes / 2));
            CHECK(resized && resized[0] == mark);
            blocks.back() = resized;
        }
        if (blocks.size() > 4) {
            recycler::release(blocks[seed % 4]);
            blocks.erase(blocks.begin() + seed % 4);
        }
        if (i % 64 == 63) recycler::clear();
    }
    for (unsigned char* block : blocks) recycler::release(block);
}

// Less than NumPy ever asks for.
void nothing_is_had_resized_and_released() {
    for (void* const block : {recycler::acquire(0), recycler::resize(nullptr, mib)}) {
        CHECK(block && recycler::info().live > 0);
        recycler::release(block);
    }
    recycler::release(nullptr);
    CHECK(recycler::info().live == 0);
}

void idle_and_live_stay_within_the_peak() {
    recycler::clear();
    recycler::set_budget(512 * mib);
    CHECK(recycler::info().live == 0);
    std::size_t peak = 0;
    void* before = nullptr;
    for (std::size_t i = 0; i < 200; ++i) {
        void* const block = recycler::acquire((30 + i * 37 % 61) * mib);
        CHECK(block);
        peak = std::max(peak, recycler::info().live);
        recycler::release(before);
        before = block;
        CHECK(recycler::info().live + recycler::info().idle <= peak);
    }
    recycler::release(before);
    recycler::clear();
    CHECK(recycler::info().live == 0 && recycler::info().idle == 0);
}

// --- all at once ---

void forks_beside_everything(int rounds) {
    parallel::set_num_threads(3);
    std::atomic<bool> stop{false};
    std::vector<std::thread> others;
    for (unsigned seed = 1; seed < 4; ++seed) {
        others.emplace_back([&stop, seed] {
            while (!stop) {
                threads_of_a_job(100, 3);
                use(8, seed);
            }
        });
    }
    for (int i = 0; i < rounds; ++i) {
        const pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            alarm(60);  // hangs: dies
            if (children_have_threads) threads_of_a_job(100, 3);
            use(8, 9);
            std::_Exit(0);
        }
        int status = 0;
        CHECK(waitpid(child, &status, 0) == child);
        if (status) std::fprintf(stderr, "child %d of %d: status %#x\n", i, rounds, unsigned(status));
        CHECK(status == 0);
    }
    stop = true;
    for (std::thread& other : others) other.join();
}

}  // namespace

int main(int, char** arguments) {
    const int rounds = std::atoi(arguments[1]);
    nothing_is_had_resized_and_released();
    idle_and_live_stay_within_the_peak();
    every_piece_once_and_no_more_threads_than_allowed(rounds);
    a_job_wakes_all_workers();
    hardly_a_worker_is_left_at_forks();
    flags_arrive_with_the_result(300 * rounds);
    use(rounds, 5);
    if (!forks_may_hang) forks_beside_everything(rounds / 20);
}
