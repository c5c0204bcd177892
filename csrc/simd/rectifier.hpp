// The mathematics, once, for any Vec (vec/scalar.hpp states what a Vec is).
//
//     factor(x, s)      = 1 where x > 0, s elsewhere: at 0, at NaN, below      also the derivative
//     forward(x, s)     = x * factor(x, s)
//     gradient(g, x, s) = g * factor(x, s)      also with the Signs of x in its place
//     bias(x, b, s)     = forward(x + b, s)     affine(x, a, b, s) = forward(x * a + b, s)
//
// The factor is selected first and multiplied once. Computing both sides and blending would raise overflow,
// underflow and invalid for elements nobody asked for (s * x where x is large and positive), and
// max(x, s * x) is another function altogether for s > 1 and for NaN.
#pragma once

#include "../kernel_table.hpp"

namespace leaky_relu {

// Members are templates over a Vec, which has internal linkage, and so have they.
struct Forward {
    template <class V>
    static typename V::Reg of(typename V::Reg x, typename V::Reg slope) {
        return V::multiply(x, V::factor(x, slope));
    }
    template <class V>
    static typename V::Reg apply(const typename V::Raw (&in)[1], const typename V::Reg (&parameters)[1]) {
        return of<V>(V::widen(in[0]), parameters[0]);
    }
};

struct Gradient {
    template <class V, class X>
    static typename V::Reg of(typename V::Raw grad_output, X x, typename V::Reg slope) {
        return V::multiply(V::widen(grad_output), V::template select_positive<1>(x, slope));
    }
    template <class V>
    static typename V::Reg apply(const typename V::Raw (&in)[2], const typename V::Reg (&parameters)[1]) {
        return of<V>(in[0], in[1], parameters[0]);
    }
};

struct BiasForward {
    template <class V>
    static typename V::Reg apply(const typename V::Raw (&in)[1], const typename V::Reg (&parameters)[2]) {
        return Forward::of<V>(V::add(V::widen(in[0]), parameters[0]), parameters[1]);
    }
};

struct AffineForward {
    template <class V>
    static typename V::Reg apply(const typename V::Raw (&in)[1], const typename V::Reg (&parameters)[3]) {
        const typename V::Reg scaled = V::multiply(V::widen(in[0]), parameters[0]);
        return Forward::of<V>(V::add(scaled, parameters[1]), parameters[2]);
    }
};

struct PackedForward {
    template <class V>
    static typename V::Reg apply(typename V::Raw x, typename V::Reg slope, Signs& signs) {
        signs = V::signs(x);
        return Forward::of<V>(V::widen(x), slope);
    }
};

struct PackedGradient {
    template <class V>
    static typename V::Reg apply(typename V::Raw grad_output, typename V::Reg slope, Signs& signs) {
        return Gradient::of<V>(grad_output, signs, slope);
    }
};

// What a reduction sums beside the gradient, whose value as it is stored is `rounded`. PReLU: the slope's share is
// g * x where the factor is the slope. Both are zeroed where they do not count, so that what is multiplied there
// raises nothing.
struct SlopeGradient {
    template <class V>
    static typename V::Sums add(typename V::Sums sums, typename V::Raw g, typename V::Raw x,
                                typename V::Reg) {
        return V::add_products(sums, V::template select_positive<0>(x, V::widen(g)),
                               V::template select_positive<0>(x, V::widen(x)));
    }
};

// The bias's share is the gradient itself.
struct BiasGradient {
    template <class V>
    static typename V::Sums add(typename V::Sums sums, typename V::Raw, typename V::Raw,
                                typename V::Reg rounded) {
        return V::add_to(sums, rounded);
    }
};

}  // namespace leaky_relu
