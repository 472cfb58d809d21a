#pragma once

#include "base/deadline.h"
#include "op/probe.h"

#include <cstddef>
#include <optional>

namespace sockit {

/// Whether a target is asked again after a try, and whether that try is told.
class ProbeRounds {
public:
    struct Next {
        bool tell = true;
        std::optional<Clock::time_point> again; ///< nothing: the target is done
    };

    explicit ProbeRounds(const ProbePlan& plan);

    /// The try of the target with that number, 0 to the count of targets, has ended.
    Next after(std::size_t number, const ProbeResult& result);
    /// The run is over, or stopped: what there is to say about all tries.
    void finish(const Emit& emit) const;
};

} // namespace sockit
