#include "diag/dump_reader.h"

#include "diag/netlink_message.h"

#include <cerrno>
#include <system_error>

#include <linux/netlink.h>
#include <sys/socket.h>

namespace sockit {

namespace {

/// The kernel fills its datagrams up to the size of our buffer, but never beyond 32 KiB
/// (netlink_recvmsg, max_recvmsg_len).
constexpr std::size_t buffer_size = 32UL * 1024;

/// Datagrams that a thread would cost more than it saves for.
constexpr std::size_t read_alone = 2;

} // namespace

DumpReader::DumpReader(FdRef netlink, std::uint32_t sequence)
    : m_netlink(netlink), m_sequence(sequence)
{
    m_slots[0].buffer.resize(buffer_size);
}

DumpReader::~DumpReader()
{
    if (!m_thread.joinable())
        return;
    m_stop = true;
    m_free.release();
    m_thread.join();
}

Result<std::span<const std::byte>> DumpReader::next()
{
    if (!m_thread.joinable() && m_received >= read_alone && !m_threads_fail)
        start_thread();
    if (m_thread.joinable()) {
        m_free.release();
        m_filled.acquire();
        m_current = (m_current + 1) % slots;
    } else {
        receive(m_slots[0]);
        ++m_received;
    }
    const Slot& slot = m_slots[m_current];
    if (!slot.received)
        return Failure(slot.received.error());
    return std::span(slot.buffer).first(slot.length);
}

void DumpReader::receive(Slot& slot) const
{
    while (true) {
        sockaddr_nl sender{};
        iovec part{slot.buffer.data(), slot.buffer.size()};
        msghdr header{};
        header.msg_name = &sender;
        header.msg_namelen = sizeof sender;
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        const auto length = ::recvmsg(m_netlink.value, &header, 0);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0) {
            slot.received = Failure(Error::from_errno(Phase::Receive, "recvmsg", {}, errno));
            return;
        }
        // Any process may send us a datagram; the kernel's own port is 0 (netlink(7)).
        if (sender.nl_pid != 0)
            continue;
        if (length == 0 || (header.msg_flags & MSG_TRUNC) != 0)
            slot.received = Failure(Error::from_errno(Phase::Receive, "recvmsg", {}, EBADMSG));
        slot.length = static_cast<std::size_t>(length);
        return;
    }
}

/// After the end of the dump another recvmsg() would wait for ever.
bool DumpReader::is_last(const Slot& slot) const
{
    if (!slot.received)
        return true;
    NetlinkMessages messages(std::span(slot.buffer).first(slot.length));
    while (const auto message = messages.next())
        if (message->sequence == m_sequence &&
            (message->type == NLMSG_DONE || message->type == NLMSG_ERROR))
            return true;
    return false;
}

void DumpReader::start_thread()
{
    for (auto& slot : m_slots)
        slot.buffer.resize(buffer_size);
    try {
        m_thread = std::thread([this] { read_ahead(); });
    } catch (const std::system_error&) {
        m_threads_fail = true; // out of threads: it goes without
        return;
    }
    // All but the one that next() gives back right away.
    m_free.release(slots - 1);
}

void DumpReader::read_ahead()
{
    std::size_t at = 0;
    do {
        m_free.acquire();
        if (m_stop)
            return;
        at = (at + 1) % slots;
        receive(m_slots[at]);
        m_filled.release();
    } while (!is_last(m_slots[at]));
}

} // namespace sockit
