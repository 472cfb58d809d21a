#include "cmd/listen_modes.h"

#include <array>
#include <string_view>

namespace sockit {

namespace {

using Clean = TaggedLines::Clean;

/// Two that exclude each other, and why.
struct ModeClash {
    bool both;
    std::string_view words;
};

} // namespace

std::vector<Option> listen_mode_options(ListenModeArgs& args)
{
    return {
        {"--broadcast", "", "With -k: send stdin to every connection", &args.broadcast},
        {"--chat", "", "With -k: send each line of one connection to all others", &args.chat},
        {"--tag", "", "Begin each line that arrives with its connection's number", &args.tag},
        {"--out-dir", "DIR", "Write what arrives to a file for each connection in DIR",
         &args.out_directory},
        {"--discard", "", "Count what arrives and drop it", &args.discard},
    };
}

Result<> plan_modes(const ListenModeArgs& args, const RelayArgs& relay, ListenPlan& plan)
{
    const bool child = plan.child.wanted();
    const bool file = relay.out.has_value();
    const bool directory = args.out_directory.has_value();
    const bool stream =
        plan.listener.passed || socket_type(plan.listener.target.transport) == SOCK_STREAM;
    const std::array clashes{
        ModeClash{!stream &&
                      (args.broadcast || args.chat || args.tag || directory || plan.proxy_protocol),
                  "--broadcast, --chat, --tag, --out-dir and --proxy-protocol want streams"},
        ModeClash{(args.broadcast || args.chat) && !plan.keep_open,
                  "--broadcast and --chat are for many connections: they want -k"},
        ModeClash{child && (args.broadcast || args.chat || args.tag || args.discard || directory),
                  "--broadcast, --chat, --tag, --out-dir and --discard do not go with a command, "
                  "which has the connection to itself"},
        ModeClash{args.broadcast && relay.recv_only,
                  "--recv-only does not read stdin, which --broadcast sends"},
        ModeClash{args.discard && (file || directory || args.tag || relay.raw),
                  "--discard drops what --out, --out-dir, --tag and --raw are about"},
        ModeClash{directory && (file || args.tag || relay.raw),
                  "--out-dir excludes --out, --tag and --raw: each connection has a file"},
    };
    for (const auto& clash : clashes)
        if (clash.both)
            return Failure(Error::usage(std::string(clash.words)));
    plan.broadcast = args.broadcast;
    plan.chat = args.chat;
    auto& payload = plan.payload;
    payload.discard = args.discard;
    payload.directory = args.out_directory;
    if (args.discard || directory) {
        payload.records = false;
        payload.keep = 0;
    } else if (args.tag || args.chat) {
        payload.tag = args.chat ? Clean::Yes : Clean::No;
    }
    return {};
}

} // namespace sockit
