#include "parallel.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>

#include "fp_status.hpp"
#include "never_destroyed.hpp"

#if !defined(_WIN32)
#include <pthread.h>
#include <signal.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace leaky_relu::parallel {
namespace {

constexpr int most_threads = 64;  // memory, not arithmetic, is the limit long before
constexpr std::chrono::microseconds spin_time{100};

void relax() {
#if defined(__x86_64__) || defined(_M_X64)
    _mm_pause();
#elif defined(__aarch64__) && !defined(_MSC_VER)
    __asm__ volatile("yield");
#endif
}

// Signals are for the threads that Python knows. Not so those that tell of a thread's own fault: where they
// are blocked, the process ends before faulthandler or a crash reporter can say where.
class SignalsBlocked {
#if !defined(_WIN32)
  public:
    SignalsBlocked() {
        sigset_t mask;
        sigfillset(&mask);
        for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) sigdelset(&mask, fault);
        pthread_sigmask(SIG_SETMASK, &mask, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  private:
    sigset_t before_;
#endif
};

// A joined thread may still be counted for a moment, and Python warns of a fork with threads by that count.
#if defined(__linux__)
long thread_id() { return syscall(SYS_gettid); }
void wait_until_gone(long id) {
    // Bounded, for the number may be another thread's by now, and only a warning is at stake.
    for (int i = 0; i < 1000 && syscall(SYS_tgkill, getpid(), id, 0) == 0; ++i) std::this_thread::yield();
}
#else
long thread_id() { return 0; }
void wait_until_gone(long) {}
#endif

struct alignas(64) Share {  // a cache line each: the owners count in them all the time
    std::atomic<std::size_t> next;
    std::size_t end;
};

struct Job {
    Piece piece;
    const void* argument;
    std::size_t grain;
    int threads;
    fp_status::Modes modes;
    std::atomic<unsigned> flags;
    Share shares[most_threads];

    void work(int self) {
        for (int k = 0; k < threads; ++k) {
            Share& share = shares[(self + k) % threads];
            for (;;) {
                const std::size_t begin = share.next.fetch_add(grain, std::memory_order_relaxed);
                if (begin >= share.end) break;
                piece(argument, begin, std::min(begin + grain, share.end));
            }
        }
    }
};

class Pool {
  public:
    std::mutex busy;  // held for a job, and while workers start or stop

    // With `busy` held. False where there is nobody to share the job with.
    bool run(std::size_t n, std::size_t grain, int threads, bool worth_waking, Piece piece,
             const void* argument) {
        if (worth_waking) start_workers(threads - 1);
        threads = std::min(threads, workers_ + 1);
        if (threads < 2 || (!worth_waking && awake_.load(std::memory_order_relaxed) == 0)) return false;

        job_.piece = piece;
        job_.argument = argument;
        job_.grain = grain;
        job_.threads = threads;
        job_.modes = fp_status::Modes();
        job_.flags.store(0, std::memory_order_relaxed);
        const std::size_t pieces = (n + grain - 1) / grain;
        for (int k = 0; k < threads; ++k) {
            job_.shares[k].next.store(pieces * k / threads * grain, std::memory_order_relaxed);
            job_.shares[k].end = std::min(n, pieces * (k + 1) / threads * grain);
        }

        gate_.store(open, std::memory_order_release);
        round_.fetch_add(1);
        if (worth_waking) round_.notify_all();
        job_.work(0);
        // Nobody enters any more; those inside are at their last piece.
        gate_.fetch_and(~open, std::memory_order_acq_rel);
        for (int spins = 0; gate_.load(std::memory_order_acquire) != 0; ++spins) {
            spins < 10000 ? relax() : std::this_thread::yield();
        }
        fp_status::raise(job_.flags.load(std::memory_order_relaxed));
        return true;
    }

    void stop_workers() {
        stopping_.store(true, std::memory_order_relaxed);
        round_.fetch_add(1);  // sequentially consistent: notify_all looks for waiters after it
        round_.notify_all();
        for (; workers_ > 0; --workers_) {
            threads_[workers_ - 1].join();
            wait_until_gone(ids_[workers_ - 1].load(std::memory_order_relaxed));
        }
        stopping_.store(false, std::memory_order_relaxed);
    }

  private:
    static constexpr int open = 1 << 30;  // below it, the number of workers inside

    Job job_{};
    std::atomic<int> gate_{0}, round_{0}, awake_{0};
    std::atomic<bool> stopping_{false};
    int workers_ = 0;
    std::thread threads_[most_threads];
    std::atomic<long> ids_[most_threads] = {};

    void start_workers(int wanted) {
        if (workers_ >= wanted) return;
        [[maybe_unused]] const SignalsBlocked inherited_by_workers;
        try {
            for (; workers_ < wanted; ++workers_) {
                threads_[workers_] = std::thread(&Pool::live, this, workers_ + 1, round_.load());
            }
        } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
            // No memory or no more threads: those there are will do.
        }
    }

    void live(int self, int seen) noexcept {
        ids_[self - 1].store(thread_id(), std::memory_order_relaxed);
        for (bool takes_part = true;;) {
            if (takes_part) spin(seen);  // those beyond a lowered limit sleep
            round_.wait(seen, std::memory_order_relaxed);
            seen = round_.load(std::memory_order_acquire);
            if (stopping_.load(std::memory_order_relaxed)) return;
            if (!enter()) continue;
            takes_part = self < job_.threads;
            if (takes_part) {
                job_.modes.adopt();
                job_.work(self);
                job_.flags.fetch_or(fp_status::raised(), std::memory_order_relaxed);
            }
            gate_.fetch_sub(1, std::memory_order_release);
        }
    }

    void spin(int seen) {
        awake_.fetch_add(1, std::memory_order_relaxed);
        const auto until = std::chrono::steady_clock::now() + spin_time;
        while (round_.load(std::memory_order_relaxed) == seen && std::chrono::steady_clock::now() < until) {
            for (int i = 0; i < 16; ++i) relax();
        }
        awake_.fetch_sub(1, std::memory_order_relaxed);
    }

    bool enter() {
        int gate = gate_.load(std::memory_order_relaxed);
        while (gate & open) {
            if (gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acquire)) return true;
        }
        return false;
    }
};

NeverDestroyed<Pool> storage;  // workers may be asleep in it when the process ends
Pool& pool = storage.value;

std::atomic<int> thread_limit{1};

#if !defined(_WIN32)
[[maybe_unused]] const int registered = pthread_atfork(
    [] { pool.busy.lock(), pool.stop_workers(); }, [] { pool.busy.unlock(); }, [] { pool.busy.unlock(); });
#endif

}  // namespace

int get_num_threads() { return thread_limit.load(std::memory_order_relaxed); }

void set_num_threads(int count) {
    thread_limit.store(std::clamp(count, 1, most_threads), std::memory_order_relaxed);
}

void run(std::size_t n, std::size_t grain, bool worth_waking, Piece piece, const void* job) {
    const int threads = int(std::min<std::size_t>(get_num_threads(), (n + grain - 1) / grain));
    if (threads > 1) {
        const std::unique_lock<std::mutex> alone(pool.busy, std::try_to_lock);
        if (alone && pool.run(n, grain, threads, worth_waking, piece, job)) return;
    }
    piece(job, 0, n);
}

}  // namespace leaky_relu::parallel
