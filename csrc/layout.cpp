#include "layout.hpp"

#include <algorithm>
#include <cstdlib>

namespace leaky_relu {
namespace {

void copy_axis(Nest& nest, int from, int to) {
    nest.shape[to] = nest.shape[from];
    std::copy_n(nest.steps[from], nest.operands, nest.steps[to]);
}

void swap_axes(Nest& nest, int a, int b) {
    std::swap(nest.shape[a], nest.shape[b]);
    std::swap_ranges(nest.steps[a], nest.steps[a] + nest.operands, nest.steps[b]);
}

void drop_axes_of_length_1(Nest& nest) {
    int kept = 0;
    for (int axis = 0; axis < nest.axes; ++axis) {
        if (nest.shape[axis] != 1) copy_axis(nest, axis, kept++);
    }
    nest.axes = kept;
}

void flip_backward_axes(Nest& nest) {
    for (int axis = 0; axis < nest.axes; ++axis) {
        if (nest.steps[axis][nest.output()] >= 0) continue;
        for (int k = 0; k < nest.operands; ++k) {
            nest.offsets[k] += nest.steps[axis][k] * std::ptrdiff_t(nest.shape[axis] - 1);
            nest.steps[axis][k] = -nest.steps[axis][k];
        }
    }
}

void sort_by_output(Nest& nest) {
    for (int i = 1; i < nest.axes; ++i) {
        for (int j = i; j > 0 && nest.steps[j - 1][nest.output()] < nest.steps[j][nest.output()]; --j) {
            swap_axes(nest, j - 1, j);
        }
    }
}

void merge_neighbours(Nest& nest) {
    int last = 0;  // of those that are done
    for (int axis = 1; axis < nest.axes; ++axis) {
        bool one = true;
        for (int k = 0; k < nest.operands; ++k) {
            one &= nest.steps[last][k] == nest.steps[axis][k] * std::ptrdiff_t(nest.shape[axis]);
        }
        if (one) {
            nest.shape[axis] *= nest.shape[last];
            copy_axis(nest, axis, last);
        } else {
            copy_axis(nest, axis, ++last);
        }
    }
    nest.axes = std::min(nest.axes, last + 1);
}

void pad_to_two_axes(Nest& nest) {
    for (; nest.axes < 2; ++nest.axes) {
        if (nest.axes == 1) copy_axis(nest, 0, 1);
        nest.shape[0] = 1;
        std::fill_n(nest.steps[0], nest.operands, 0);
    }
}

}  // namespace

void arrange(Nest& nest) {
    drop_axes_of_length_1(nest);
    flip_backward_axes(nest);
    sort_by_output(nest);
    merge_neighbours(nest);
    pad_to_two_axes(nest);
}

bool output_is_injective(const Nest& nest, std::ptrdiff_t size) {
    // It is enough, and so in all views but some made by hand, that each step leads out of what the smaller span.
    std::ptrdiff_t span = size;
    for (int axis = nest.axes - 1; axis >= 0; --axis) {
        if (nest.shape[axis] == 1) continue;
        const std::ptrdiff_t step = nest.steps[axis][nest.output()];
        if (step < span) return false;
        span += step * std::ptrdiff_t(nest.shape[axis] - 1);
    }
    return true;
}

namespace {

// Whether some sum of multiples k_i * step_i with |k_i| < n_i comes within less than `size` of the distance: from
// the largest step on, where each step exceeds what the smaller ones span, only two multiples can.
bool comes_near(const Nest& nest, int axis, std::ptrdiff_t size, std::ptrdiff_t distance) {
    if (axis == nest.axes) return std::abs(distance) < size;
    const std::ptrdiff_t step = nest.steps[axis][nest.output()], most = std::ptrdiff_t(nest.shape[axis]) - 1;
    if (most == 0) return comes_near(nest, axis + 1, size, distance);
    const std::ptrdiff_t below = distance / step - (distance % step < 0);
    for (const std::ptrdiff_t multiple : {below, below + 1}) {
        if (std::abs(multiple) > most) continue;
        if (comes_near(nest, axis + 1, size, distance - multiple * step)) return true;
    }
    return false;
}

}  // namespace

bool are_apart(const Nest& nest, std::ptrdiff_t size, std::ptrdiff_t distance) {
    return !comes_near(nest, 0, size, distance);
}

void choose_rows(Nest& nest, int data, std::ptrdiff_t size) {
    const int inner = nest.axes - 1;
    for (int k = 0; k < data; ++k) {
        if (std::abs(nest.steps[inner][k]) <= size) continue;
        for (int axis = 0; axis < inner; ++axis) {
            if (nest.steps[axis][k] != size) continue;
            for (; axis < inner - 1; ++axis) swap_axes(nest, axis, axis + 1);  // the others keep their order
            return;
        }
    }
}

void numpys_order(const Nest& nest, int inputs, int (&order)[most_axes]) {
    // An insertion sort from the last axis to the first. Where operands disagree, C order wins.
    const auto stays_outside = [&](int axis, int inner, bool& ambiguous) {
        bool swap = false;
        ambiguous = true;
        for (int k = 0; k < inputs; ++k) {
            const std::ptrdiff_t step = std::abs(nest.steps[axis][k]), other = std::abs(nest.steps[inner][k]);
            if (step == 0 || other == 0) continue;
            if (other <= step) {
                swap = false;
            } else if (ambiguous) {
                swap = true;
            }
            ambiguous = false;
        }
        return !swap;
    };
    for (int i = 0; i < nest.axes; ++i) {
        const int axis = nest.axes - 1 - i;
        int place = i;
        for (int j = i - 1; j >= 0; --j) {
            bool ambiguous;
            const bool stays = stays_outside(axis, order[j], ambiguous);
            if (ambiguous) continue;
            if (stays) break;
            place = j;
        }
        std::copy_backward(order + place, order + i, order + i + 1);
        order[place] = axis;
    }
}

}  // namespace leaky_relu
