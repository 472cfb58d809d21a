#pragma once

#include "cmd/echo_files.h"
#include "cmd/options.h"
#include "cmd/tls_options.h"
#include "op/echo_client.h"

#include <optional>
#include <string>
#include <vector>

namespace sockit {

struct EchoClientArgs {
    std::vector<std::string> words;
    OutputArgs output;
    NetworkArgs network;
    std::optional<std::string> connections;
    std::optional<std::string> count;
    std::optional<std::string> duration;
    std::optional<std::string> size;
    std::optional<std::string> seed;
    std::optional<std::string> warmup;
    std::optional<std::string> threads;
    std::optional<std::string> rate;
    std::optional<std::string> pipeline;
    std::optional<std::string> connect_rate;
    std::optional<std::string> interval;
    bool reconnect = false;
    bool no_verify = false;
    TlsClientArgs tls;
    EchoFilesArgs files;
};

/// Usage errors.
Result<EchoClientPlan> plan_echo_client(const EchoClientArgs& args);

/// `64`, `1k-16k`, `64,16k`: sizes and ranges of sizes from 1 B to 16 MiB.
Result<MessageSizes> parse_sizes(std::string_view text);

} // namespace sockit
