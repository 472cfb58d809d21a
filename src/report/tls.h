#pragma once

#include "event/tls.h"
#include "report/fields.h"

#include <optional>
#include <string>

namespace sockit {

/// TLS of the contract; null when there is none.
void add_tls(Fields& fields, const std::optional<TlsFacts>& facts);
/// "TLSv1.3 TLS_AES_256_GCM_SHA384, h2, CN=localhost, verified", for people.
std::string tls_line(const TlsFacts& facts);

} // namespace sockit
