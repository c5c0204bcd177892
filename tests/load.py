"""Many threads, mixed calls, changing limits, cleared caches, forks: no wrong bit, no growth."""

import os
import random
import sys
import threading
import time

import leaky_relu as lr
import numpy as np

SHAPE = (1200, 1000)  # large enough for threads, and for memory that is kept


def resident():
    """Give the bytes of this process that are in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def calls():
    """Give functions without arguments, whose results are always the same."""
    rng = np.random.default_rng(1)
    x, g = (rng.standard_normal(SHAPE).astype(np.float32) for _ in range(2))
    half, w = x.astype(np.float16), rng.standard_normal(SHAPE[1]).astype(np.float32)
    bits = np.packbits(x > 0, bitorder="little")
    return [
        lambda: lr.leaky_relu(x, 0.3),
        lambda: lr.leaky_relu(x[:, ::-1], 0.3),
        lambda: lr.leaky_relu(x.T, 0.3, out=np.empty(SHAPE[::-1], np.float32)),
        lambda: lr.leaky_relu(half[::2], 0.3),
        lambda: lr.leaky_relu(x[:7], w),
        lambda: lr.leaky_relu_grad(g, x, 0.3, out=g.copy()),
        lambda: lr.bias_leaky_relu(x, w, 0.3),
        lambda: lr.affine_leaky_relu(x, w, w, 0.3),
        lambda: lr.leaky_relu_packed(x, -0.3)[1],
        lambda: lr.leaky_relu_grad_packed(g, bits, -0.3),
        lambda: lr.prelu_grad(g, x, w)[1],
        lambda: lr.bias_leaky_relu_grad(g, x, 0.3)[1],
        lambda: lr.leaky_relu(x, 0.3, where=x > 0, out=x.copy()),
    ]


def main(seconds):
    """Exit with 1 where a bit is wrong, a child fails or the process grows."""
    work = calls()
    lr.set_num_threads(1)
    expected = [call().tobytes() for call in work]
    end, wrong, done = time.monotonic() + seconds, [], [0]

    def run(seed):
        choice = random.Random(seed)
        while time.monotonic() < end and not wrong:
            k = choice.randrange(len(work))
            if work[k]().tobytes() != expected[k]:
                wrong.append(k)
            done[0] += 1

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    choice, sizes = random.Random(99), []
    while time.monotonic() < end and not wrong:
        lr.set_num_threads(choice.randint(1, 6))
        if choice.random() < 0.3:
            lr.clear_cache()
        if choice.random() < 0.3:
            child = os.fork()
            if child == 0:
                k = choice.randrange(len(work))
                os._exit(work[k]().tobytes() != expected[k])
            if os.waitpid(child, 0)[1]:
                wrong.append("child")
        time.sleep(0.05)
        sizes.append(resident())
    for thread in threads:
        thread.join()
    first, last = (max(part) for part in (sizes[: len(sizes) // 2], sizes[len(sizes) // 2 :]))
    print(
        f"{done[0]} calls in {seconds:.0f} s, wrong: {wrong}; peak {first >> 20} MiB, then {last >> 20} MiB"
    )
    return bool(wrong) or last > first * 1.3 + (64 << 20)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 300))
