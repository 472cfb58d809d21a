#pragma once

#include "event/event.h"

#include <vector>

namespace sockit::test {

/// What an op emitted, kept: for tests of the layers from event upwards.
struct Emitted {
    std::vector<EventValue> events;

    Emit emit()
    {
        return [this](const Event& event) {
            event.visit([this](const auto& value) { events.emplace_back(value); });
            return true;
        };
    }

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
