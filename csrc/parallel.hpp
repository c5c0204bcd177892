// A small pool of threads for large jobs, and the only thread code there is.
//
// A call never waits for a worker that has not started: the range is cut into shares, everybody works on his
// own first and then on the others', so the caller does the work of workers that come late or not at all, and
// whoever comes after the last piece is taken finds the gate closed. Workers start on demand, spin briefly
// after a job (the next one often follows at once), then sleep. They block all signals but those of their own
// faults, call no Python and allocate nothing. A fork waits for the job that is running and joins them first;
// both sides start new ones on demand. All is set up when the library is loaded, fork handlers included, so
// it does not matter whose first call a fork comes upon.
#pragma once

#include <cstddef>

namespace leaky_relu::parallel {

// How many threads a job may have, the caller included; at least 1. The default is LEAKY_RELU_NUM_THREADS,
// else OMP_NUM_THREADS, else the CPUs that affinity and cgroup quota leave to this process.
int get_num_threads();
void set_num_threads(int count);

using Piece = void (*)(const void* job, std::size_t begin, std::size_t end);

// Calls piece(job, begin, end) for adjoining ranges of at most `grain` that cover 0 to n, on several threads
// where that pays. Rounding mode and flush-to-zero of the caller hold in all of them; the flags they raise
// are raised here. `worth_waking`: the job is long enough to wake sleeping workers for it.
void run(std::size_t n, std::size_t grain, bool worth_waking, Piece piece, const void* job);

}  // namespace leaky_relu::parallel
