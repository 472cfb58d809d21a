#pragma once

#include "base/error.h"

#include <expected>
#include <utility>

namespace sockit {

/// A value, or why there is none.
template <class T = void>
using Result = std::expected<T, Error>;

using Failure = std::unexpected<Error>;

} // namespace sockit

/// The value of a Result, or return its error from the enclosing function.
#define TRY(expression)                                                                            \
    __extension__({                                                                                \
        auto try_result = (expression);                                                            \
        if (!try_result) [[unlikely]]                                                              \
            return ::sockit::Failure(std::move(try_result).error());                               \
        *std::move(try_result);                                                                    \
    })
