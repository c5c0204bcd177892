// The mathematics, once, for any Vec (vec/scalar.hpp states what a Vec is).
//
//     factor(x, s)      = 1 where x > 0, s elsewhere: at 0, at NaN, below      also the derivative
//     forward(x, s)     = x * factor(x, s)
//     gradient(g, x, s) = g * factor(x, s)      also with the Signs of x in its place
//
// The factor is selected first and multiplied once. Computing both sides and blending would raise overflow,
// underflow and invalid for elements nobody asked for (s * x where x is large and positive), and
// max(x, s * x) is another function altogether for s > 1 and for NaN.
#pragma once

namespace leaky_relu {
namespace {

template <class V, class X>
typename V::Reg factor(X x, typename V::Reg slope) {
    return V::template select_positive<1>(x, slope);
}

struct Forward {
    static constexpr int inputs = 1;
    template <class V>
    static typename V::Reg apply(const typename V::Raw (&in)[inputs], typename V::Reg slope) {
        const typename V::Reg x = V::widen(in[0]);
        return V::multiply(x, factor<V>(x, slope));
    }
};

struct Gradient {
    static constexpr int inputs = 2;
    template <class V>
    static typename V::Reg apply(const typename V::Raw (&in)[inputs], typename V::Reg slope) {
        return V::multiply(V::widen(in[0]), factor<V>(in[1], slope));
    }
};

struct PackedForward {
    template <class V>
    static typename V::Reg apply(typename V::Raw x, typename V::Reg slope, Signs& signs) {
        signs = V::signs(x);
        return Forward::apply<V>({x}, slope);
    }
};

struct PackedGradient {
    template <class V>
    static typename V::Reg apply(typename V::Raw grad_output, typename V::Reg slope, Signs& signs) {
        return V::multiply(V::widen(grad_output), factor<V>(signs, slope));
    }
};

// The slope's share of the gradient, g * x where the factor is the slope: added up in `sums`. Both are zeroed
// where they do not count, so that what is multiplied there raises nothing.
template <class V>
typename V::Sums add_slope_gradient(typename V::Sums sums, typename V::Raw g, typename V::Raw x) {
    return V::add_products(sums, V::template select_positive<0>(x, V::widen(g)),
                           V::template select_positive<0>(x, V::widen(x)));
}

}  // namespace
}  // namespace leaky_relu
