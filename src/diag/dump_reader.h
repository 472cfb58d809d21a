#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <semaphore>
#include <span>
#include <thread>
#include <vector>

namespace sockit {

/// Receives the datagrams of one dump from a netlink socket. Once a dump turns out to be long, a
/// thread reads ahead: the kernel then walks its tables while we decode and print.
class DumpReader {
public:
    /// `sequence` is that of the request, which has been sent.
    DumpReader(FdRef netlink, std::uint32_t sequence);
    DumpReader(const DumpReader&) = delete;
    DumpReader& operator=(const DumpReader&) = delete;
    ~DumpReader();

    /// The next datagram, valid until the next call. Not to be called again after the one with the
    /// end of the dump (NLMSG_DONE, NLMSG_ERROR) in it. Errors of recvmsg(2), EBADMSG for one that
    /// was cut; the subject is left empty.
    Result<std::span<const std::byte>> next();

private:
    struct Slot {
        std::vector<std::byte> buffer;
        std::size_t length = 0;
        Result<> received;
    };

    void receive(Slot& slot) const;
    [[nodiscard]] bool is_last(const Slot& slot) const;
    void start_thread();
    void read_ahead();

    static constexpr std::size_t slots = 4;

    FdRef m_netlink;
    std::uint32_t m_sequence;
    std::array<Slot, slots> m_slots;
    std::size_t m_current = 0;
    std::size_t m_received = 0; ///< datagrams, before there was a thread
    bool m_threads_fail = false;
    std::counting_semaphore<slots> m_filled{0};
    std::counting_semaphore<slots + 1> m_free{0}; ///< one more: the end releases it, too
    std::atomic<bool> m_stop = false;
    std::thread m_thread;
};

} // namespace sockit
