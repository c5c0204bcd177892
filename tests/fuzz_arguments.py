"""
Atheris: any objects, by any names, to every public function; the options are libFuzzer's.

A call gives a result or a documented exception, a ufunc the same off its fast path, and no array is kept.
"""

import sys

import atheris

with atheris.instrument_imports(include=["leaky_relu"]):
    import leaky_relu as lr

import numpy as np
from reference import OPERATIONS
from test_any_arguments import FUNCTIONS, GOOD, MAKERS, NAMES, SHAPED, outcome

CALLED = [*OPERATIONS, *FUNCTIONS]
KEYWORDS = [*NAMES, *sorted({name for names in FUNCTIONS.values() for name in names} - {*NAMES})]
KINDS = [MAKERS, GOOD, SHAPED]


def one(name, fast, makers, named):
    """Call once, with new objects; return what came of it."""
    args, kwargs = [make() for make in makers], {keyword: make() for keyword, make in named.items()}
    arrays = [a for a in (*args, *kwargs.values()) if type(a) is np.ndarray]
    before = [sys.getrefcount(a) for a in arrays]
    ended = outcome(fast, getattr(lr, name), args, kwargs)
    assert [sys.getrefcount(a) for a in arrays] == before, (name, args, kwargs)
    return repr(ended)


def fuzz(data):
    """Draw a function and its arguments from some bytes."""
    data = atheris.FuzzedDataProvider(data)

    def draw(values):
        return values[data.ConsumeIntInRange(0, len(values) - 1)]

    name = draw(CALLED)
    makers = [draw(draw(KINDS)) for _ in range(data.ConsumeIntInRange(0, 6))]
    named = {draw(KEYWORDS): draw(draw(KINDS)) for _ in range(data.ConsumeIntInRange(0, 2))}
    threads = lr.get_num_threads()
    ended = one(name, True, makers, named)
    if name in OPERATIONS:
        slow = one(name, False, makers, named)
        assert ended == slow, (name, [make() for make in makers], named, ended, slow)
    lr.set_num_threads(threads)


if __name__ == "__main__":
    atheris.Setup(sys.argv, fuzz)
    atheris.Fuzz()
