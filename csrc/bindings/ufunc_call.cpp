#include "ufunc_call.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <utility>

#include "operands.hpp"

namespace leaky_relu {
namespace {

vectorcallfunc numpys_vectorcall = nullptr;
std::atomic<int> fast_call_enabled{true};  // not bool: on RISC-V GCC 12 exchanges bytes by libatomic only
PyObject* default_slope;                   // lives as long as the process

PyObject* as_float64(double value) {
    PyObject* const scalar = PyArrayScalar_New(Double);
    if (scalar) PyArrayScalar_ASSIGN(scalar, Double, value);
    return scalar;
}

bool is_python_number(PyObject* object) { return PyFloat_CheckExact(object) || PyLong_CheckExact(object); }

// The dtype's type number of an array or NumPy scalar, else -1.
int type_number(PyObject* operand) {
    if (PyArray_Check(operand)) return PyArray_TYPE(as_array(operand));
    if (!PyArray_IsScalar(operand, Generic)) return -1;
    PyArray_Descr* const descr = PyArray_DescrFromScalar(operand);
    if (!descr) {  // GCOVR_EXCL_START: only where memory is short
        PyErr_Clear();
        return -1;
    }  // GCOVR_EXCL_STOP
    const int number = descr->type_num;
    Py_DECREF(descr);
    return number;
}

// Somebody else's array, which has rules of its own for Python numbers.
bool is_foreign(PyObject* object) {
    return !PyArray_Check(object) && !PyArray_IsScalar(object, Generic) && !is_python_number(object) &&
           PyObject_HasAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object)), "__array_ufunc__");
}

// The arguments of a call, brought into the form that NumPy's machinery takes:
//     f(inputs..., [slope, [out]], keyword=...)  ->  f(inputs..., slope, [out], other_keyword=...)
struct NumpysArguments {
    static constexpr Py_ssize_t most = 24;  // a ufunc takes some 15
    PyObject* stack[most + 1];
    Py_ssize_t positional = 0;
    PyObject* keywords = nullptr;
    PyObject* made[most_inputs] = {};  // what the stack borrows from

    bool complete(const Operation& operation, PyObject* const* args, Py_ssize_t given, PyObject* names) {
        const Py_ssize_t required = operation.slope(), count = names ? PyTuple_GET_SIZE(names) : 0;
        if (given < required || given > required + 2) {
            report_count(operation, given, given < required);
            return false;
        }
        if (given + count >= most) {
            PyErr_Format(PyExc_TypeError, "%s() got %zd keyword arguments, more than a ufunc has",
                         operation.name, count);
            return false;
        }
        std::copy_n(args, required, stack);
        PyObject*& slope = stack[required];
        slope = given > required ? args[required] : nullptr;
        positional =
            std::copy(args + std::min(given, required + 1), args + given, stack + required + 1) - stack;

        Py_ssize_t used = positional, others = 0;
        for (Py_ssize_t i = 0; i < count; ++i) {
            if (!is_negative_slope(PyTuple_GET_ITEM(names, i))) ++others;
        }
        if (others && !(keywords = PyTuple_New(others))) return false;
        for (Py_ssize_t i = 0; i < count; ++i) {
            PyObject* const name = PyTuple_GET_ITEM(names, i);
            if (!is_negative_slope(name)) {
                Py_INCREF(name);
                PyTuple_SET_ITEM(keywords, used - positional, name);
                stack[used++] = args[given + i];
            } else if (slope) {
                PyErr_Format(PyExc_TypeError,
                             "%s() got two values for negative_slope, by position and by keyword",
                             operation.name);
                return false;
            } else {
                slope = args[given + i];
            }
        }
        if (!slope) slope = default_slope;
        return true;
    }

    static bool is_negative_slope(PyObject* name) {
        return PyUnicode_Compare(name, negative_slope_name) == 0;
    }

    static void report_count(const Operation& operation, Py_ssize_t given, bool too_few) {
        char inputs[64] = "";
        for (int k = 0, at = 0; k < operation.slope(); ++k) {
            const char* const before = k == 0 ? "" : k + 1 == operation.slope() ? " and " : ", ";
            at += std::snprintf(inputs + at, sizeof inputs - std::size_t(at), "%s%s", before,
                                operation.inputs[k]);
        }
        PyErr_Format(PyExc_TypeError,
                     too_few ? "%s() takes %s by position, got %zd positional argument%s"
                             : "%s() takes %s by position, then negative_slope and out, got %zd "
                               "positional argument%s",
                     operation.name, inputs, given, given == 1 ? "" : "s");
    }

    // What NumPy's choice of a loop would get wrong.
    bool adjust(const Operation& operation) {
        // Beside a NumPy parameter a Python number would take the first loop there is, float16's: it is a float64.
        const int at = operation.x();
        if (is_python_number(stack[at]) && !replace(at, as_float64_of(stack[at]))) return false;
        PyObject* const x = stack[at];
        const bool as_it_is = type_number(x) == NPY_LONGDOUBLE || is_foreign(x);
        for (int k = operation.data; k < operation.count(); ++k) {
            if (is_python_number(stack[k]) && !as_it_is) {
                PyObject* const number = as_float64_of(stack[k]);
                if (!number) {  // an integer beyond float64: NumPy says so
                    PyErr_Clear();
                } else if (!replace(k, number)) {
                    return false;
                }
            } else if (type_number(stack[k]) == bfloat16_type_number() &&
                       !replace(k, PyArray_FROM_OT(stack[k], NPY_FLOAT))) {
                // Loops of user dtypes are looked at first: those of bfloat16 are for x, not for parameters.
                return false;
            }
        }
        return true;
    }

    static PyObject* as_float64_of(PyObject* number) {
        const double value = PyFloat_AsDouble(number);
        return value == -1 && PyErr_Occurred() ? nullptr : as_float64(value);
    }

    bool replace(int k, PyObject* by) {
        made[k] = by;
        stack[k] = by;
        return by != nullptr;
    }

    void release() {
        Py_CLEAR(keywords);
        for (PyObject*& object : made) Py_CLEAR(object);
    }
};

#if PY_VERSION_HEX >= 0x030c0000
PyObject* take_exception() { return PyErr_GetRaisedException(); }
void put_back(PyObject* exception) { PyErr_SetRaisedException(exception); }
#else
PyObject* take_exception() {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback) PyException_SetTraceback(value, traceback);
    Py_XDECREF(traceback);
    Py_XDECREF(type);
    return value;
}
void put_back(PyObject* exception) {
    PyObject* const type = reinterpret_cast<PyObject*>(Py_TYPE(exception));
    Py_INCREF(type);
    PyErr_Restore(type, exception, PyException_GetTraceback(exception));
}
#endif

// Borrowed; None where the call has none.
PyObject* find_out(const Operation& operation, const NumpysArguments& call) {
    if (call.positional > operation.count()) return call.stack[operation.count()];
    for (Py_ssize_t i = 0, n = call.keywords ? PyTuple_GET_SIZE(call.keywords) : 0; i < n; ++i) {
        if (PyUnicode_Compare(PyTuple_GET_ITEM(call.keywords, i), out_name) == 0)
            return call.stack[call.positional + i];
    }
    return Py_None;
}

// Exchanges NumPy's exception for a clearer one where leaky_relu._dtypes.clearer(exception, function, inputs, out)
// knows better.
void explain(const Operation& operation, const NumpysArguments& call) {
    PyObject* const exception = take_exception();
    PyObject* const inputs = PyTuple_New(operation.count());
    PyObject *module = nullptr, *message = nullptr;
    if (inputs) {
        for (int k = 0; k < operation.count(); ++k) {
            Py_INCREF(call.stack[k]);
            PyTuple_SET_ITEM(inputs, k, call.stack[k]);
        }
        module = PyImport_ImportModule("leaky_relu._dtypes");
    }
    if (module) {
        PyObject* const out = find_out(operation, call);
        message = PyObject_CallMethod(module, "clearer", "OsOO", exception, operation.name, inputs, out);
    }
    if (message && message != Py_None) {
        PyErr_SetObject(
            PyErr_GivenExceptionMatches(exception, PyExc_TypeError) ? PyExc_TypeError : PyExc_ValueError,
            message);
        Py_DECREF(exception);
    } else {
        PyErr_Clear();
        put_back(exception);
    }
    Py_XDECREF(message);
    Py_XDECREF(module);
    Py_XDECREF(inputs);
}

PyObject* numpys_call(const Operation& operation, PyObject* ufunc, PyObject* const* args, Py_ssize_t given,
                      PyObject* names) {
    NumpysArguments call;
    PyObject* result = nullptr;
    if (call.complete(operation, args, given, names) && call.adjust(operation)) {
        result = numpys_vectorcall(ufunc, call.stack, std::size_t(call.positional), call.keywords);
        if (!result &&
            (PyErr_ExceptionMatches(PyExc_TypeError) || PyErr_ExceptionMatches(PyExc_ValueError))) {
            explain(operation, call);
        }
    }
    call.release();
    return result;
}

template <std::size_t op>
PyObject* vectorcall(PyObject* ufunc, PyObject* const* args, std::size_t nargsf, PyObject* keywords) {
    const Py_ssize_t positional = PyVectorcall_NARGS(nargsf);
    if (fast_call_enabled.load(std::memory_order_relaxed)) {
        PyObject* const result = try_fast_path(op, args, positional, keywords);
        if (result != Py_NotImplemented) return result;
        Py_DECREF(result);
    }
    return numpys_call(operations[op], ufunc, args, positional, keywords);
}

template <std::size_t... op>
vectorcallfunc vectorcall_of(std::size_t operation, std::index_sequence<op...>) {
    constexpr vectorcallfunc all[] = {vectorcall<op>...};
    return all[operation];
}

}  // namespace

int install_call(std::size_t operation, PyObject* ufunc) {
    auto* const object = reinterpret_cast<PyUFuncObject*>(ufunc);
    const auto expected = Py_ssize_t(offsetof(PyUFuncObject, vectorcall));
    // GCOVR_EXCL_START: no NumPy so far
    if (Py_TYPE(ufunc)->tp_vectorcall_offset != expected || !object->vectorcall) {
        PyErr_SetString(
            PyExc_ImportError,
            "leaky_relu does not know this NumPy's ufuncs: their vectorcall is not where the headers it was "
            "built with say; install a leaky-relu built for this NumPy, or an older NumPy");
        return -1;
    }
    // GCOVR_EXCL_STOP
    if (!default_slope) {
        numpys_vectorcall = object->vectorcall;
        negative_slope_name = PyUnicode_InternFromString("negative_slope");
        out_name = PyUnicode_InternFromString("out");
        default_slope = PyFloat_FromDouble(default_negative_slope);
        if (!negative_slope_name || !out_name || !default_slope) return -1;
    }
#if defined(Py_GIL_DISABLED) && PY_VERSION_HEX >= 0x030f0000
    // Without the GIL what threads with arrays of their own share is the ufunc's reference count. Before 3.15 there is
    // no public way round that.
    PyUnstable_SetImmortal(ufunc);
#endif
    object->vectorcall = vectorcall_of(operation, std::make_index_sequence<operation_count>());
    return 0;
}

bool set_fast_call(bool enabled) { return fast_call_enabled.exchange(enabled); }

}  // namespace leaky_relu
