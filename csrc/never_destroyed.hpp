// A global object that outlives the end of the process: threads and arrays may still use it then.
//
// As a variable of a namespace it is set up when the library is loaded, so no thread can be forked away in the
// middle of it, as it can with a variable of a function: in the child that one would never be ready.
#pragma once

namespace leaky_relu {

template <class T>
union NeverDestroyed {
    T value;
    NeverDestroyed() noexcept : value() {}
    ~NeverDestroyed() {}
};

}  // namespace leaky_relu
