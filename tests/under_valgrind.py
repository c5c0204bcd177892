"""Every public call on every target, small and large: for valgrind, which takes fifty times as long."""

import leaky_relu as lr
from leaky_relu import _core
from public_calls import CALLS, REFUSED, SETTINGS, operands


def main():
    """Call everything; what valgrind finds it says itself."""
    lr.set_num_threads(2)
    for rows, columns in ((5, 7), (300, 1001)):
        names = {}
        exec(operands(rows, columns), names)
        for target in lr.simd_targets():
            _core._use_target(target)
            for code in (*CALLS.values(), *SETTINGS.values()):
                result = eval(code, names)
                for a in result if type(result) is tuple else (result,):
                    str(a)  # depends on the values, so they must have been computed
        for code in REFUSED.values():
            try:
                eval(code, names)
            except (TypeError, ValueError):
                continue
            raise AssertionError(f"{code} is not refused")


if __name__ == "__main__":
    main()
