#pragma once

#include "report/event_sink.h"

#include <array>
#include <functional>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

namespace sockit {

/// What a sink of that kind writes of the events that `tell` gives it.
inline std::string written(std::unique_ptr<EventSink> (*make_sink)(Output&),
                           const std::function<void(EventSink&)>& tell)
{
    const Fd file(::memfd_create("written", MFD_CLOEXEC));
    Output output(file.ref(), "file");
    const auto sink = make_sink(output);
    tell(*sink);
    sink->finish();
    std::string text;
    std::array<char, 4096> piece{};
    while (true) {
        const auto came =
            ::pread(file.get(), piece.data(), piece.size(), static_cast<off_t>(text.size()));
        if (came <= 0)
            return text;
        text.append(piece.data(), static_cast<std::size_t>(came));
    }
}

} // namespace sockit
