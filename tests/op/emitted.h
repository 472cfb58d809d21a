#pragma once

#include "event/event.h"

#include <vector>

namespace sockit::test {

/// What an op emitted, kept.
struct Emitted {
    std::vector<EventValue> events;

    // Not inline: the code that copies and destroys every kind of event is compiled once.
    Emitted();
    Emitted(const Emitted&) = delete;
    Emitted(Emitted&&) noexcept;
    Emitted& operator=(const Emitted&) = delete;
    Emitted& operator=(Emitted&&) = delete;
    ~Emitted();

    Emit emit();

    template <class T>
    [[nodiscard]] std::vector<T> of() const
    {
        std::vector<T> found;
        for (const auto& event : events)
            if (const auto* value = std::get_if<T>(&event))
                found.push_back(*value);
        return found;
    }
};

} // namespace sockit::test
