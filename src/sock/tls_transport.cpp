#include "sock/tls_transport.h"

#include "sock/io.h"
#include "sock/openssl.h"

#include <algorithm>

namespace sockit {

namespace {

constexpr std::size_t first_bytes = 48;

TlsTransport& transport_of(BIO* bio)
{
    return *static_cast<TlsTransport*>(openssl().BIO_get_data(bio));
}

/// What a BIO's method returns, and the flags that go with it.
int tell_openssl(BIO* bio, TlsTransport& transport, const Result<Transfer>& moved, int retry)
{
    openssl().BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
    if (!moved) {
        transport.error = moved.error();
        return -1;
    }
    if (moved->would_block()) {
        openssl().BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
        return -1;
    }
    return static_cast<int>(moved->bytes);
}

int transport_read(BIO* bio, char* bytes, int size)
{
    auto& transport = transport_of(bio);
    const std::span buffer(bytes, static_cast<std::size_t>(size));
    const auto got = receive_some(transport.socket, std::as_writable_bytes(buffer), transport.peer);
    if (got && got->end())
        transport.ended = true;
    if (got && transport.first.size() < first_bytes)
        transport.first.append(bytes, std::min(got->bytes, first_bytes - transport.first.size()));
    return tell_openssl(bio, transport, got, BIO_FLAGS_READ);
}

int transport_write(BIO* bio, const char* bytes, int size)
{
    auto& transport = transport_of(bio);
    if (transport.finished)
        return size;
    const std::span buffer(bytes, static_cast<std::size_t>(size));
    return tell_openssl(bio, transport,
                        send_some(transport.socket, std::as_bytes(buffer), transport.peer),
                        BIO_FLAGS_WRITE);
}

long transport_control(BIO* bio, int command, long /*number*/, void* /*pointer*/)
{
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return transport_of(bio).ended ? 1 : 0;
    default: return 0;
    }
}

BIO_METHOD* transport_method()
{
    static BIO_METHOD* const method = [] {
        auto* made =
            openssl().BIO_meth_new(openssl().BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sockit");
        if (made != nullptr) {
            openssl().BIO_meth_set_read(made, transport_read);
            openssl().BIO_meth_set_write(made, transport_write);
            openssl().BIO_meth_set_ctrl(made, transport_control);
        }
        return made;
    }();
    return method;
}

} // namespace

BIO* make_transport(TlsTransport& transport)
{
    auto* method = transport_method();
    BIO* bio = method != nullptr ? openssl().BIO_new(method) : nullptr;
    if (bio != nullptr) {
        openssl().BIO_set_data(bio, &transport);
        openssl().BIO_set_init(bio, 1);
    }
    return bio;
}

bool looks_like_tls(const TlsTransport& transport)
{
    constexpr char alert = 0x15;
    constexpr char handshake = 0x16;
    constexpr char major = 0x03;
    const auto& first = transport.first;
    if (first.empty())
        return true;
    return (first[0] == alert || first[0] == handshake) && (first.size() == 1 || first[1] == major);
}

} // namespace sockit
