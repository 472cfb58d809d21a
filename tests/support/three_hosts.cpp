#include "support/three_hosts.h"

#include "base/error.h"
#include "support/three_hosts_services.h"

#include <cerrno>
#include <functional>
#include <future>

#include <fcntl.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace sockit::test {

namespace {

/// No limit to ICMP messages, no wait for addresses that others may have.
constexpr const char* settings = "echo 0 > /proc/sys/net/ipv4/icmp_ratemask; "
                                 "echo 0 > /proc/sys/net/ipv6/icmp/ratelimit; "
                                 "for c in all default; do "
                                 "echo 0 > /proc/sys/net/ipv6/conf/$c/accept_dad; done; ";

constexpr const char* router_settings = "echo 1 > /proc/sys/net/ipv4/ip_forward; "
                                        "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding";

/// A neighbour is given up after 0.3 s instead of 3.
constexpr const char* impatience = "for f in ipv4 ipv6; do for d in c0 r1; do "
                                   "[ ! -e /proc/sys/net/$f/neigh/$d ] || "
                                   "echo 100 > /proc/sys/net/$f/neigh/$d/retrans_time_ms; "
                                   "done; done";

constexpr const char* client_links = R"(
address add 10.77.1.1/24 brd + dev c0
address add fd77:1::1/64 dev c0 nodad
link set c0 up
route add 10.77.0.0/16 via 10.77.1.254
route add unreachable 10.77.8.1
route add prohibit 10.77.8.2
route add blackhole 10.77.8.3
route add throw 10.77.8.4
route add fd77::/16 via fd77:1::fe
route add unreachable fd77:8::1
route add prohibit fd77:8::2
route add blackhole fd77:8::3
route add throw fd77:8::4
link add down0 type veth peer name down1
address add 172.31.5.1/24 dev down0
)";

constexpr const char* router_links = R"(
link set lo up
address add 10.77.1.254/24 dev r0
address add fd77:1::fe/64 dev r0 nodad
address add 10.77.2.254/24 dev r1
address add fd77:2::fe/64 dev r1 nodad
link set r0 up
link set r1 up
route add unreachable 10.77.9.1
route add prohibit 10.77.9.2
route add blackhole 10.77.9.3
route add unreachable fd77:9::1
route add prohibit fd77:9::2
route add blackhole fd77:9::3
)";

constexpr const char* server_links = R"(
link set lo up
address add 10.77.2.2/24 dev s0
address add fd77:2::2/64 dev s0 nodad
link set s0 up
route add default via 10.77.2.254
route add ::/0 via fd77:2::fe
)";

constexpr const char* client_rules = R"(
table inet z { chain o { type filter hook output priority 0;
  meta l4proto { tcp, udp } th dport 7020 drop
  tcp dport 7021 reject with tcp reset
  meta nfproto ipv4 meta l4proto { tcp, udp } th dport 7022 reject with icmp type admin-prohibited
  meta nfproto ipv6 meta l4proto { tcp, udp } th dport 7022 reject with icmpv6 type admin-prohibited
  meta l4proto { tcp, udp } th dport 7023 reject
}
}
)";

constexpr const char* router_rules = R"(
table inet z { chain f { type filter hook forward priority 0;
  ip daddr 10.77.2.2 tcp dport 7030 reject with icmp type admin-prohibited
  ip6 daddr fd77:2::2 tcp dport 7030 reject with icmpv6 type admin-prohibited
  ip daddr 10.77.2.2 udp dport 7030 reject with icmp type host-prohibited
}
}
)";

constexpr const char* server_rules = R"(
table inet z { chain i { type filter hook input priority 0;
  tcp dport 7003 reject with tcp reset
  meta l4proto { tcp, udp } th dport 7004 drop
  tcp dport 7008 tcp flags & (syn|ack) == syn numgen inc mod 2 0 drop
  meta nfproto ipv4 meta l4proto { tcp, udp } th dport 7010 reject with icmp type net-unreachable
  meta nfproto ipv4 meta l4proto { tcp, udp } th dport 7011 reject with icmp type host-unreachable
  meta nfproto ipv4 meta l4proto { tcp, udp } th dport 7012 reject with icmp type prot-unreachable
  meta nfproto ipv4 meta l4proto { tcp, udp } th dport 7013 reject with icmp type port-unreachable
  meta nfproto ipv4 meta l4proto { tcp, udp } th dport 7014 reject with icmp type net-prohibited
  meta nfproto ipv4 meta l4proto { tcp, udp } th dport 7015 reject with icmp type host-prohibited
  meta nfproto ipv4 meta l4proto { tcp, udp } th dport 7016 reject with icmp type admin-prohibited
  meta nfproto ipv6 meta l4proto { tcp, udp } th dport 7010 reject with icmpv6 type no-route
  meta nfproto ipv6 meta l4proto { tcp, udp } th dport 7011 reject with icmpv6 type addr-unreachable
  meta nfproto ipv6 meta l4proto { tcp, udp } th dport 7013 reject with icmpv6 type port-unreachable
  meta nfproto ipv6 meta l4proto { tcp, udp } th dport 7016 reject with icmpv6 type admin-prohibited
  meta l4proto { tcp, udp } th dport 20000-22999 drop
}
}
)";

Fd new_namespace()
{
    Fd made;
    std::thread([&] {
        if (::unshare(CLONE_NEWNET) == 0)
            made = Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    }).join();
    return made;
}

std::string path_of(const Fd& network)
{
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(network.get());
}

Words there(const Fd& network, const Words& words)
{
    Words all{"nsenter", "--net=" + path_of(network)};
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

/// Empty, or what failed.
std::string attempt(const Words& words, const std::string& input = {})
{
    const auto outcome = run_program(words, {.input = input});
    return outcome.status == 0 ? "" : testing::PrintToString(words) + ": " + outcome.err;
}

} // namespace

ThreeHosts::ThreeHosts()
    : m_router(new_namespace()), m_server(new_namespace()), m_stop(::eventfd(0, EFD_CLOEXEC))
{
    if (!m_router.valid() || !m_server.valid())
        m_obstacle = "no further network namespaces";
    else if (run_program({"nft", "--version"}).status != 0)
        m_obstacle = "no nftables here";
    else
        m_obstacle = lay_wires();
    if (m_obstacle.empty())
        start_services();
}

ThreeHosts::~ThreeHosts()
{
    ::eventfd_write(m_stop.get(), 1);
    if (m_services.joinable())
        m_services.join();
}

std::string ThreeHosts::lay_wires() const
{
    const std::string links =
        "link add c0 type veth peer name r0\nlink set r0 netns " + path_of(m_router) +
        "\nlink add r1 type veth peer name s0\nlink set r1 netns " + path_of(m_router) +
        "\nlink set s0 netns " + path_of(m_server) + client_links;
    const auto shell = [](const std::string& script) { return Words{"sh", "-c", script}; };
    const Words batch{"ip", "-batch", "-"};
    const Words rules{"nft", "-f", "-"};
    struct Step {
        Words words;
        std::string input;
    };
    const std::vector<Step> steps{
        {shell(settings), ""},
        {there(m_router, shell(settings + std::string(router_settings))), ""},
        {there(m_server, shell(settings)), ""},
        {batch, links},
        {shell(impatience), ""},
        {there(m_router, batch), router_links},
        {there(m_router, shell(impatience)), ""},
        {there(m_server, batch), server_links},
        {rules, client_rules},
        {there(m_router, rules), router_rules},
        {there(m_server, rules), server_rules},
    };
    for (const auto& step : steps)
        if (auto failed = attempt(step.words, step.input); !failed.empty())
            return failed;
    return {};
}

void ThreeHosts::start_services()
{
    std::promise<std::string> ready;
    m_services = std::thread([&ready, server = m_server.get(), stop = m_stop.ref()] {
        if (::setns(server, CLONE_NEWNET) < 0) {
            ready.set_value("setns: " + errno_name(errno));
            return;
        }
        ServerServices services;
        ready.set_value(services.obstacle());
        services.run(stop);
    });
    m_obstacle = ready.get_future().get();
}

void ThreeHosts::run_on_router(const Words& words, const std::string& input) const
{
    EXPECT_EQ(attempt(there(m_router, words), input), "");
}

void ThreeHosts::run_on_server(const Words& words, const std::string& input) const
{
    EXPECT_EQ(attempt(there(m_server, words), input), "");
}

} // namespace sockit::test
