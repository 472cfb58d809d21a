#include "event/echo.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sockit {

void EchoFlaws::add(EchoDetail detail)
{
    switch (detail.flaw) {
    case EchoFlaw::Corrupt: ++corrupt; break;
    case EchoFlaw::Lost: ++lost; break;
    case EchoFlaw::Duplicate: ++duplicated; break;
    case EchoFlaw::Reorder: ++reordered; break;
    case EchoFlaw::Truncated: ++truncated; break;
    }
    if (details.size() < most_details)
        details.push_back(std::move(detail));
}

void EchoFlaws::add(const EchoFlaws& others)
{
    corrupt += others.corrupt;
    lost += others.lost;
    duplicated += others.duplicated;
    reordered += others.reordered;
    truncated += others.truncated;
    const auto room = most_details - std::min(most_details, details.size());
    std::ranges::copy_n(others.details.begin(),
                        static_cast<std::ptrdiff_t>(std::min(room, others.details.size())),
                        std::back_inserter(details));
}

} // namespace sockit
