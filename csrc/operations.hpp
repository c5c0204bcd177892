// THE LIST: every operation with its name, inputs and functor, and every dtype with its sizes. Ufuncs, kernel
// tables, the fast path, the registration of bfloat16 and the tests walk it; nothing else enumerates them.
#pragma once

#include <array>
#include <cstddef>
#include <tuple>

namespace leaky_relu {

enum DType { float16, bfloat16, float32, float64, longdouble, dtype_count };
constexpr std::ptrdiff_t element_size[dtype_count] = {2, 2, 4, 8, sizeof(long double)};
static_assert(
    sizeof(long double) == 8 || sizeof(long double) == 16,
    "leaky_relu is not for 32-bit x86, whose x87 arithmetic has neither the bits nor the flags of SSE");
constexpr std::ptrdiff_t compute_size[dtype_count] = {4, 4, 4, 8, sizeof(long double)};

constexpr int most_inputs = 4, most_operands = most_inputs + 1;

// Inputs come in this order: the data, of one dtype, with x the last of them; then the parameters, which are
// rounded to the compute type of x and never promote it, with the slope the last of them.
struct Operation {
    const char* name;
    int data, parameters;
    const char* inputs[most_inputs];

    constexpr int count() const { return data + parameters; }  // of inputs; also where the output stands
    constexpr int x() const { return data - 1; }
    constexpr int slope() const { return count() - 1; }
    constexpr bool is_parameter(int k) const { return k >= data && k < count(); }
};

// Bytes of an element of an input, or of the output, as a kernel takes it.
constexpr std::ptrdiff_t operand_size(const Operation& operation, DType dtype, int k) {
    return (operation.is_parameter(k) ? compute_size : element_size)[dtype];
}

template <class F>
struct OperationWith : Operation {
    using Functor = F;
};

// Defined in simd/rectifier.hpp.
struct Forward;
struct Gradient;
struct BiasForward;
struct AffineForward;

constexpr std::tuple operation_list = {
    OperationWith<Forward>{{"leaky_relu", 1, 1, {"x", "negative_slope"}}},
    OperationWith<Gradient>{{"leaky_relu_grad", 2, 1, {"grad_output", "x", "negative_slope"}}},
    OperationWith<BiasForward>{{"bias_leaky_relu", 1, 2, {"x", "bias", "negative_slope"}}},
    OperationWith<AffineForward>{{"affine_leaky_relu", 1, 3, {"x", "scale", "bias", "negative_slope"}}},
};

constexpr auto operations =
    std::apply([](auto... entries) { return std::array{Operation(entries)...}; }, operation_list);
constexpr std::size_t operation_count = operations.size();

constexpr double default_negative_slope = 0.01;

}  // namespace leaky_relu
