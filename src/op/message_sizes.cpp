#include "op/message_sizes.h"

#include "base/random.h"

namespace sockit {

std::uint32_t MessageSizes::pick(std::uint64_t random) const
{
    const Range& range = ranges[ranges.size() == 1 ? 0 : below(ranges.size(), mix(random + 1))];
    const auto choices = std::uint64_t{range.high} - range.low + 1;
    return range.low + static_cast<std::uint32_t>(below(choices, mix(random)));
}

std::string MessageSizes::text() const
{
    std::string out;
    for (const auto& range : ranges) {
        out += (out.empty() ? "" : ",") + std::to_string(range.low);
        if (range.high != range.low)
            out += "-" + std::to_string(range.high);
    }
    return out;
}

} // namespace sockit
