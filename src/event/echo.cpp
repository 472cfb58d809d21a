#include "event/echo.h"

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

} // namespace sockit
