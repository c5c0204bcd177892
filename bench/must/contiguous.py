"""Contiguous arrays and one slope: small calls, caches, 16 bits, memory, threads."""

from collections.abc import Iterator

from bench.must.requirement import (
    CACHED,
    GRADIENT,
    IN_PLACE,
    MEMORY,
    NEW,
    NOISE,
    OUT,
    TINY,
    Requirement,
    beside,
)


def small_calls() -> Iterator[Requirement]:
    for sizes, new, out in ((TINY, 0.40, 0.28), ((1_000,), 0.45, 0.35)):
        yield beside("np.negative", NEW, sizes, new)
        yield beside("np.negative", OUT, sizes, out)
        yield beside("np.multiply", GRADIENT, sizes, out)
    yield beside("torch", NEW, (*TINY, 1_000), 1 / 8)


def in_cache() -> Iterator[Requirement]:
    for peer in ("torch", "numba"):
        yield beside(peer, OUT, CACHED)
        yield beside(peer, IN_PLACE, CACHED)
    for mine in (OUT, IN_PLACE):
        yield Requirement(mine, OUT._replace(peer="np.copyto"), CACHED, 1.08)
    yield beside("torch", GRADIENT, CACHED)
    for dtype, layout in (("float64", "contiguous"), ("float32", "strided"), ("float32", "transposed")):
        for peer in ("np.maximum", "np.where"):
            yield beside(peer, NEW._replace(dtype=dtype, layout=layout), (1, 1_000, 100_000, 1_000_000))


def sixteen_bits() -> Iterator[Requirement]:
    for dtype, cached, call in (("float16", 0.6, 1.4), ("bfloat16", 0.5, 2.0)):
        mine = OUT._replace(dtype=dtype)
        yield Requirement(mine, OUT, (1_000,), call)
        yield Requirement(mine, OUT, (10_000, 100_000), 1 / cached)
        yield Requirement(mine, OUT, (16_000_000,), 1 / 1.5)
        yield beside("torch", mine, (1_000, *CACHED, 16_000_000))


def in_memory() -> Iterator[Requirement]:
    for peer in ("torch", "np.copyto"):
        yield beside(peer, OUT, MEMORY, 1 / 1.25)
    yield beside("torch", GRADIENT, MEMORY, 1 / 1.15)
    for peer in ("torch", "np.maximum"):
        yield beside(peer, NEW, MEMORY, 1 / 6)
    yield Requirement(NEW, OUT, MEMORY, 1.3)
    yield beside("torch", IN_PLACE, MEMORY)
    for mine, limit in ((OUT, 1 / 1.1), (GRADIENT, 1 / 1.1), (IN_PLACE, NOISE)):
        yield beside("torch", mine._replace(threads=2), MEMORY, limit)


def two_threads() -> Iterator[Requirement]:
    two = OUT._replace(threads=2)
    yield Requirement(two, OUT, (1_000_000,), 1 / 1.6)
    yield beside("torch", two, (1_000_000,), 1.0)
    for pause in (50e-6, 1e-3, 20e-3):
        yield Requirement(two, OUT, (100_000,), 1.1, pause)
