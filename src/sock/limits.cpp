#include "sock/limits.h"

namespace sockit {

rlimit raise_descriptor_limit()
{
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit raised{.rlim_cur = before.rlim_max, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &raised);
    return before;
}

} // namespace sockit
