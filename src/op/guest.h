#pragma once

#include "event/event.h"
#include "loop/poller.h"
#include "op/child.h"
#include "op/child_relay.h"
#include "op/destination.h"
#include "op/out_queue.h"
#include "op/reception.h"
#include "op/tagged_lines.h"

#include <optional>

namespace sockit {

/// One of many connections to a server: a socket that we read, or a child that has it.
struct Guest {
    ListenClosed story; ///< what will be told of it
    Clock::time_point since;
    Clock::time_point last_moved;
    std::optional<Reception> reception; ///< until it is done
    std::optional<Channel> channel;     ///< from then on, unless a child has it
    std::optional<Child> child;
    std::unique_ptr<ChildRelay> relay; ///< in their place, where a child is served over TLS
    std::optional<Destination> destination;

    // For the Audience.
    Interest interest{.read = true}; ///< as the poller knows it
    OutQueue queue;
    std::optional<TaggedLines> lines; ///< what it says to the others
    bool full = false;                ///< too much waits for it
    bool finishing = false;           ///< our end could not be sent yet
    bool ended = false;               ///< its FIN came; it is still sent to
    bool lost = false;                ///< to be seen off

    [[nodiscard]] FdRef ref() const
    {
        if (child)
            return child->ref();
        return reception ? reception->ref() : channel ? channel->socket().ref() : FdRef();
    }
};

} // namespace sockit
