"""Other layouts than contiguous arrays: views, transposes, slopes by channel, scalars, small integers."""

from collections.abc import Iterator

from bench.cases import Case
from bench.layouts import LAYOUTS
from bench.must.requirement import NEW, NOISE, OUT, Requirement, beside

WAYS = (("forward", "out"), ("forward", "new"), ("forward", "inplace"), ("gradient", "out"))


def at_its_size(peer: str, mine: Case, limit: float = NOISE) -> Requirement:
    return beside(peer, mine, (LAYOUTS[mine.layout].size,), limit)


def rows() -> Iterator[Requirement]:
    for layout, out, in_place, gradient in (
        ("rows-1000", 1 / 1.15, 1 / 1.4, 1 / 1.2),
        ("rows-32", NOISE, 1 / 1.15, NOISE),
        ("crop", NOISE, NOISE, NOISE),
        ("10x10", 1 / 3, 1 / 3, 1 / 3),
    ):
        for (operation, way), limit in zip(WAYS, (out, out, in_place, gradient), strict=True):
            yield at_its_size("torch", Case(operation=operation, way=way, layout=layout), limit)
    for way in ("out", "new"):
        yield at_its_size("np.maximum", Case(way=way, layout="rows-4"), 1 / 3)


def strides() -> Iterator[Requirement]:
    for layout in ("strided", "reversed"):
        for dtype, times in (("float32", 3.5), ("float64", 2.5), ("float16", 20)):
            yield at_its_size("np.maximum", OUT._replace(layout=layout, dtype=dtype), 1 / times)


def transposed() -> Iterator[Requirement]:
    for peer in ("torch", "np.maximum"):
        for dtype in ("float32", "float64", "float16", "bfloat16"):
            yield at_its_size(peer, OUT._replace(layout="transposed-to-c", dtype=dtype), 1 / 4)
        yield at_its_size(peer, OUT._replace(layout="nchw-to-nhwc"), 1 / 1.5)


def channels() -> Iterator[Requirement]:
    for layout, limit in (
        ("nchw", 1.35),
        ("nhwc", 1.35),
        ("columns", 1.35),
        ("by-row", 1.35),
        ("narrow", 1.7),
    ):
        one_slope = OUT._replace(layout=layout)
        slopes, prelu = (one_slope._replace(operation=operation) for operation in ("slopes", "prelu"))
        sizes = (LAYOUTS[layout].size,)
        yield Requirement(slopes, one_slope, sizes, limit)
        yield Requirement(prelu, slopes, sizes, 1.1)
        yield at_its_size("torch", prelu._replace(way="new"))
    yield beside("torch", NEW._replace(operation="prelu", layout="few"), (1, 10, 100, 1_000))


def scalars_and_small_integers() -> Iterator[Requirement]:
    yield at_its_size("np.maximum", NEW._replace(layout="scalar"), 1 / 2.5)
    yield at_its_size("np.maximum", NEW._replace(layout="float", dtype="float64"), 1 / 2.5)
    for dtype in ("bool", "int8", "uint8"):
        yield beside("np.maximum", NEW._replace(dtype=dtype), (100_000,))
    yield beside("torch", NEW._replace(operation="rrelu"), (1_000, 100_000, 1_000_000))


def two_threads() -> Iterator[Requirement]:
    one = OUT._replace(layout="rows-1000")
    yield Requirement(one._replace(threads=2), one, (16_000_000,), 1 / 1.4)
