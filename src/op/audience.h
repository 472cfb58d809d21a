#pragma once

#include "loop/timers.h"
#include "op/buffer.h"
#include "op/guest.h"
#include "op/watched.h"

#include <functional>
#include <limits>
#include <map>
#include <vector>

namespace sockit {

/// What many guests are sent: stdin (--broadcast) and the lines of the others (--chat). Up to 1 MiB
/// waits for each of them. One for whom more waits stops the sources until it has taken half of
/// that, for a quarter of a second at most: then it is lost, so that nobody waits for it.
class Audience {
public:
    /// stdin's in the poller; guests have their ids.
    static constexpr std::uint64_t input_token = std::numeric_limits<std::uint64_t>::max() - 1;

    /// Called for each guest that took something.
    using Moved = std::function<void(Guest&)>;

    struct Loss {
        std::uint64_t id;
        std::optional<Error> error; ///< none: all is said
    };

    /// What it refers to outlives it.
    Audience(Poller& poller, const ListenPlan& plan, Moved moved);
    Audience(const Audience&) = delete;
    Audience& operator=(const Audience&) = delete;
    ~Audience() = default;

    /// From now on it is sent what comes. It is in the poller, to be read.
    void join(Guest& guest);
    /// It leaves; its last words go to the others.
    void part(Guest& guest);
    /// What a guest said.
    void heard(Guest& from, std::string_view bytes);
    /// Sends what the guest takes now.
    void serve(Guest& guest);
    /// The guest's FIN came. False: that is the end of it.
    bool keeps(Guest& guest);
    /// stdin is ready. Errors: that of reading it.
    Result<> read_input();
    /// Before each wait: puts into the poller what is waited for.
    Result<> prepare();
    [[nodiscard]] Deadline deadline() const { return m_full_until.next(); }
    /// Who must leave, each once.
    std::vector<Loss> take_lost();

private:
    void spread(const Guest* from, std::string bytes);
    void lose(Guest& guest, std::optional<Error> error);
    void judge_fullness(Guest& guest);
    void finish(Guest& guest);
    void watch(Guest& guest);
    [[nodiscard]] bool wanted() const { return m_plan.broadcast || m_plan.chat; }
    [[nodiscard]] bool all_said() const { return m_input_over && !m_plan.chat; }

    Poller& m_poller;
    const ListenPlan& m_plan;
    Moved m_moved;
    Stream m_input;
    Watched m_watch_input;
    std::optional<Buffer> m_buffer;
    bool m_input_over = false;
    std::map<std::uint64_t, Guest*> m_seats;
    std::size_t m_full = 0; ///< how many are
    bool m_held_up = false; ///< the sources, as the poller knows it
    Timers m_full_until;
    std::vector<Loss> m_lost;
};

} // namespace sockit
