#include "op/probe_payloads.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sockit {

namespace {

using namespace std::string_view_literals;

struct Payload {
    std::uint16_t port;
    std::string_view bytes;
};

/// RFC 1057: a call of a program's procedure 0, which does nothing; version 2 of the port mapper.
constexpr auto rpcbind_null = "\x53\x0c\x4b\x17\0\0\0\0\0\0\0\x02\0\x01\x86\xa0\0\0\0\x02\0\0\0\0"
                              "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv;

/// RFC 1035: the name servers of the root, recursion wanted.
constexpr auto dns_root = "\x53\x0c\x01\0\0\x01\0\0\0\0\0\0\0\0\x02\0\x01"sv;

/// RFC 6763, 9: the kinds of service on this link; the answer wanted by unicast (RFC 6762, 5.4).
constexpr auto mdns_services = "\0\0\0\0\0\x01\0\0\0\0\0\0\x09_services\x07_dns-sd\x04_udp\x05local"
                               "\0\0\x0c\x80\x01"sv;

/// RFC 5905: version 4, mode 3; of all times only the one it is sent at, which is any.
constexpr auto ntp_client = "\x23\0\x06\xec\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                            "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xe9\x3c\x53\x0c\x4b\x17\x53\x0c"sv;

/// RFC 1002, 4.2.17: the status of whoever it reaches, whose name is `*`.
constexpr auto netbios_status = "\x53\x0c\0\0\0\x01\0\0\0\0\0\0\x20"
                                "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                                "\0\0\x21\0\x01"sv;

/// RFC 3412, RFC 3414, 4: who are you, of version 3, which takes no password to answer.
constexpr auto snmp_engine = "\x30\x3a\x02\x01\x03\x30\x0f\x02\x02\x53\x0c\x02\x03\0\xff\xe3\x04"
                             "\x01\x04\x02\x01\x03\x04\x10\x30\x0e\x04\0\x02\x01\0\x02\x01\0\x04\0"
                             "\x04\0\x04\0\x30\x12\x04\0\x04\0\xa0\x0c\x02\x02\x53\x0c\x02\x01\0"
                             "\x02\x01\0\x30\0"sv;

/// UPnP Device Architecture, 1.3.2.
constexpr auto ssdp_search = "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"
                             "MAN: \"ssdp:discover\"\r\nMX: 1\r\nST: upnp:rootdevice\r\n\r\n"sv;

/// RFC 8489: a binding request.
constexpr auto stun_binding = "\0\x01\0\0\x21\x12\xa4\x42sockit-probe"sv;

/// RFC 7252, 4.3: an empty message that wants an answer, which is a reset.
constexpr auto coap_ping = "\x40\0\x53\x0c"sv;

/// memcached's protocol.txt, UDP protocol: the header of one datagram.
constexpr auto memcached_version = "\x53\x0c\0\0\0\x01\0\0version\r\n"sv;

/// RFC 9000, 6.1 and 14.1: of a version that nobody speaks, so that the server tells which it does;
/// what is shorter than this is not answered.
constexpr auto quic_unknown = [] {
    constexpr auto header = "\xc0\x1a\x2a\x3a\x4a\x08sockitpr\x08sockitpr"sv;
    std::array<char, 1200> packet{};
    std::ranges::copy(header, packet.begin());
    return packet;
}();

constexpr std::array payloads{
    Payload{53, dns_root},
    Payload{111, rpcbind_null},
    Payload{123, ntp_client},
    Payload{137, netbios_status},
    Payload{161, snmp_engine},
    Payload{443, {quic_unknown.data(), quic_unknown.size()}},
    Payload{1900, ssdp_search},
    Payload{3478, stun_binding},
    Payload{5353, mdns_services},
    Payload{5683, coap_ping},
    Payload{11211, memcached_version},
};

static_assert(ntp_client.size() == 48);
static_assert(rpcbind_null.size() == 40);
static_assert(netbios_status.size() == 50);
static_assert(snmp_engine.size() == 60);
static_assert(stun_binding.size() == 20);

} // namespace

std::string_view probe_payload(std::uint16_t port)
{
    const auto found = std::ranges::find(payloads, port, &Payload::port);
    return found != payloads.end() ? found->bytes : "\n"sv;
}

} // namespace sockit
