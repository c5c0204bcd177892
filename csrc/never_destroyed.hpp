// A global object that outlives the end of the process: threads and arrays may still use it then.
//
// As a variable of a namespace it is set up when the library is loaded. A variable of a function is set up at
// some thread's first call; a child that is forked in the middle of that would wait for it for ever.
#pragma once

namespace leaky_relu {

template <class T>
union NeverDestroyed {
    T value;
    NeverDestroyed() noexcept : value() {}
    ~NeverDestroyed() {}
};

}  // namespace leaky_relu
