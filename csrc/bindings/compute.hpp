// From Python's thread into the kernels and back: flags, the GIL, the report.
//
// A thread that asks for the GIL while the interpreter ends is killed by unwinding its stack (CPython up to
// 3.13), and destructors that touch Python would run without the GIL. So in this folder no object with a
// destructor is alive in the frames above anything that may take it, which is every call into Python or NumPy:
// plain pointers, released at one place, and no exception leaves a function that C calls.
#pragma once

#include "../fp_status.hpp"
#include "operands.hpp"

namespace leaky_relu {

// Some 2 us of work, against 0.05 us to let go of the GIL and take it again.
constexpr npy_intp release_gil_from = 1 << 16;  // bytes of the result

// Whose flags count: arithmetic with longdouble raises the x87's, which fp_status leaves alone.
enum class Units { vector, all };
inline Units units_of(DType dtype) { return dtype == longdouble ? Units::all : Units::vector; }

inline void clear_errors(Units units) {
    if (units == Units::all) {
        PyUFunc_clearfperr();
    } else {
        fp_status::clear();
    }
}

inline int raised_errors(Units units) {
    if (units == Units::all) return PyUFunc_getfperr();
    const unsigned raised = fp_status::raised();
    return (raised & fp_status::divide ? NPY_FPE_DIVIDEBYZERO : 0) |
           (raised & fp_status::overflow ? NPY_FPE_OVERFLOW : 0) |
           (raised & fp_status::underflow ? NPY_FPE_UNDERFLOW : 0) |
           (raised & fp_status::invalid ? NPY_FPE_INVALID : 0);
}

// Clears the flags and rounds a slope of any kind, which may raise some; says whose flags count from then on.
inline bool read_slope(PyObject* object, DType dtype, Scalar& value, Units& units) {
    const bool extended = is_longdouble_scalar(object);
    units = extended ? Units::all : units_of(dtype);
    clear_errors(units);
    if (!extended) return read_parameter(object, dtype, value);
    read_longdouble_parameter(object, dtype, value);
    return true;
}

// Calls work(), which touches no Python, and reports what it raised since clear_errors as np.errstate says, in
// the name of a function. False with an exception set; work() returns false where it lacks memory.
template <class Work>
bool compute(const char* name, Units units, npy_intp bytes, const Work& work) {
    PyThreadState* const released = bytes < release_gil_from ? nullptr : PyEval_SaveThread();
    const bool done = work();
    const int raised = raised_errors(units);
    if (released) PyEval_RestoreThread(released);
    if (!done) PyErr_NoMemory();
    return done && (!raised || PyUFunc_GiveFloatingpointErrors(name, raised) >= 0);
}

}  // namespace leaky_relu
