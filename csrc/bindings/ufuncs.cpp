// The loops that NumPy's machinery calls.
#include "../execute.hpp"
#include "operands.hpp"
#include "ufunc_call.hpp"

namespace leaky_relu {
namespace {

// All parameters of a loop have one dtype; they are rounded block by block.
struct Loop {
    std::size_t operation;
    DType dtype;
    Copier reader;
};

// In reduce and accumulate each x is the output before: at the same place, or one step behind.
bool folds(const Operation& operation, char** args, const npy_intp* steps) {
    const int out = operation.count();
    return out == 2 && steps[0] == steps[out] && args[out] - args[0] == steps[out];
}

void run_loop(char** args, const npy_intp* dimensions, const npy_intp* steps, void* data) {
    const Loop& loop = *static_cast<const Loop*>(data);
    const Operation& operation = operations[loop.operation];
    Elementwise job;
    job.operation = loop.operation;
    job.dtype = loop.dtype;
    for (int k = operation.data; k < operation.count(); ++k) job.readers[k] = loop.reader;
    for (int k = 0; k <= operation.count(); ++k) job.args[k] = args[k];
    const std::size_t n = std::size_t(dimensions[0]);
    if (n == 0) return;
    if (n == 1 || !folds(operation, args, steps)) return execute_loop(job, steps, n);
    for (std::size_t i = 0; i < n; ++i) {
        execute_loop(job, steps, 1);
        for (int k = 0; k <= operation.count(); ++k) job.args[k] += steps[k];
    }
}

// x decides, parameters never promote: NumPy takes the first loop to which all operands cast safely, so for each
// type of data every type of parameters follows. That of the data itself comes first, for reduce and accumulate
// take no other; to 16 bits only those cast safely that fit. Python numbers are made float64 before (ufunc_call.cpp).
struct Types {
    DType dtype;
    int parameters;  // NumPy's type number
    Source source;
};
constexpr Types numpys_types[] = {
    {float16, NPY_HALF, Source::half},           {float16, NPY_FLOAT, Source::single},
    {float16, NPY_DOUBLE, Source::full},         {float16, NPY_LONGDOUBLE, Source::extended},
    {float32, NPY_FLOAT, Source::single},        {float32, NPY_DOUBLE, Source::full},
    {float32, NPY_LONGDOUBLE, Source::extended}, {float64, NPY_DOUBLE, Source::full},
    {float64, NPY_LONGDOUBLE, Source::extended}, {longdouble, NPY_LONGDOUBLE, Source::extended},
};
constexpr Types bfloat16_types[] = {
    {bfloat16, 0, Source::bfloat16},
    {bfloat16, NPY_FLOAT, Source::single},
    {bfloat16, NPY_DOUBLE, Source::full},
    {bfloat16, NPY_LONGDOUBLE, Source::extended},
};
constexpr int numpys_count = sizeof numpys_types / sizeof(Types),
              bfloat16_count = sizeof bfloat16_types / sizeof(Types);

// NumPy keeps pointers to all of these.
struct Tables {
    Loop loops[numpys_count + bfloat16_count];
    PyUFuncGenericFunction functions[numpys_count];
    void* data[numpys_count];
    char types[numpys_count * most_operands];
};
Tables tables[operation_count];

Loop* set_loop(std::size_t op, int index, const Types& types) {
    Loop& loop = tables[op].loops[index];
    loop = {op, types.dtype, read_parameter(types.source, types.dtype)};
    return &loop;
}

}  // namespace

PyObject* make_ufunc(std::size_t op) {
    const Operation& operation = operations[op];
    const int operands = operation.count() + 1;
    Tables& table = tables[op];
    for (int i = 0; i < numpys_count; ++i) {
        const Types& types = numpys_types[i];
        table.functions[i] = run_loop;
        table.data[i] = set_loop(op, i, types);
        for (int k = 0; k < operands; ++k) {
            const bool parameter = k >= operation.data && k < operation.count();
            table.types[i * operands + k] = char(parameter ? types.parameters : type_number_of(types.dtype));
        }
    }
    return PyUFunc_FromFuncAndData(table.functions, table.data, table.types, numpys_count, operation.count(),
                                   1, PyUFunc_None, operation.name, nullptr, 0);
}

int register_bfloat16(std::size_t op, PyObject* ufunc, int type_number) {
    const Operation& operation = operations[op];
    for (int i = 0; i < bfloat16_count; ++i) {
        const Types& types = bfloat16_types[i];
        int numbers[most_operands];
        for (int k = 0; k <= operation.count(); ++k) {
            const bool parameter = k >= operation.data && k < operation.count();
            numbers[k] = parameter && i > 0 ? types.parameters : type_number;
        }
        Loop* const loop = set_loop(op, numpys_count + i, types);
        if (PyUFunc_RegisterLoopForType(reinterpret_cast<PyUFuncObject*>(ufunc), type_number, run_loop,
                                        numbers, loop) < 0) {
            return -1;  // GCOVR_EXCL_LINE: only where memory is short
        }
    }
    return 0;
}

}  // namespace leaky_relu
