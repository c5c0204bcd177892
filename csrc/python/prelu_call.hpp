// PReLU for arrays that Python has brought into form: all of them C-contiguous, native and aligned, the data of
// one dtype and of shape (outer, channels, inner), as the number of slopes and `inner` say, the slopes in the
// compute type. ValueError where they are not.
#pragma once

#include <pybind11/pybind11.h>

namespace leaky_relu {

// A new array, or `out` where that is not None: x or an array that does not overlap it.
pybind11::object prelu_forward(pybind11::handle x, pybind11::handle slopes, std::size_t inner,
                               pybind11::handle out);

// (grad_x, the sum of each channel in float64 or longdouble)
pybind11::tuple prelu_gradients(pybind11::handle grad_output, pybind11::handle x, pybind11::handle slopes,
                                std::size_t inner);

}  // namespace leaky_relu
