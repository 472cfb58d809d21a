#include "emitted.h"

namespace sockit::test {

Emitted::Emitted() = default;
Emitted::Emitted(Emitted&&) noexcept = default;
Emitted::~Emitted() = default;

Emit Emitted::emit()
{
    return [this](const Event& event) {
        event.visit([this](const auto& value) { events.emplace_back(value); });
        return true;
    };
}

} // namespace sockit::test
