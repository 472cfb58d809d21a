#include "diag/sock_diag.h"
#include "live_sockets.h"
#include "support/network.h"

#include <atomic>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

namespace sockit::test::THIS_FILE {
namespace {

/// Opens and resets connections to `server` until it is destroyed, always some of them open.
class Churn {
public:
    explicit Churn(const Socket& server)
        : m_thread([this, &server] {
              constexpr std::size_t kept = 100;
              std::vector<std::pair<Socket, Fd>> open;
              for (std::size_t i = 0; !m_end; ++i) {
                  auto client = client_of(server);
                  const linger reset{.l_onoff = 1, .l_linger = 0};
                  ::setsockopt(client.ref().value, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
                  std::pair pair(std::move(client),
                                 Fd(::accept4(server.ref().value, nullptr, nullptr, SOCK_CLOEXEC)));
                  if (open.size() < kept)
                      open.push_back(std::move(pair));
                  else
                      open[i % kept] = std::move(pair);
              }
          })
    {}
    Churn(const Churn&) = delete;
    Churn& operator=(const Churn&) = delete;
    ~Churn() { m_end = true; }

private:
    std::atomic<bool> m_end = false;
    std::jthread m_thread;
};

/// Long chains in the kernel's table make it tell of sockets twice, see RecentCookies. Such a
/// network has room for few sockets in TIME-WAIT: nothing else shall meet it.
class NetworkWithLongChains {
public:
    NetworkWithLongChains()
    {
        fresh_network();
        std::ofstream("/proc/sys/net/ipv4/tcp_child_ehash_entries") << 16;
        fresh_network();
    }
    NetworkWithLongChains(const NetworkWithLongChains&) = delete;
    NetworkWithLongChains& operator=(const NetworkWithLongChains&) = delete;
    ~NetworkWithLongChains() { fresh_network(); }
};

TEST(SockDiag, NoSocketTwiceWhileConnectionsComeAndGo)
{
    const NetworkWithLongChains network;
    const auto server = listening_socket(AF_INET, 128);
    std::vector<std::pair<Socket, Fd>> stable;
    for (int i = 0; i < 200; ++i) {
        auto client = client_of(server);
        stable.emplace_back(std::move(client), Fd(::accept(server.ref().value, nullptr, nullptr)));
    }
    const Churn churn(server);
    SockDiag sock_diag;
    for (int round = 0; round < 200; ++round) {
        std::set<std::uint64_t> cookies;
        std::size_t rows = 0;
        SocketInfo info;
        const auto dumped = sock_diag.dump({.family = AF_INET}, info, [&](const SocketInfo& row) {
            cookies.insert(row.cookie.value_or(0));
            ++rows;
            return true;
        });
        ASSERT_TRUE(dumped);
        EXPECT_EQ(cookies.size(), rows) << round;
        EXPECT_GT(rows, 2 * stable.size());
    }
}

} // namespace
} // namespace sockit::test::THIS_FILE
