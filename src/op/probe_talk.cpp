#include "op/probe_talk.h"

#include "op/probe_talk_datagram.h"
#include "op/probe_talk_stream.h"

#include <utility>

namespace sockit {

bool speaks_tls(const ProbeTalkPlan& plan, Transport transport)
{
    return plan.tls && (transport == Transport::Tls || plan.tls_for_all);
}

bool ProbeTalk::wanted(const ProbePlan& plan, Transport transport)
{
    if (transport == Transport::Udp) // whoever does not ask learns nothing
        return true;
    const auto& talk = plan.talk;
    if (transport == Transport::UnixDgram)
        return talk.dialogue.wanted();
    return talk.settle || talk.banner || talk.dialogue.wanted() || speaks_tls(talk, transport);
}

std::unique_ptr<ProbeTalk> ProbeTalk::make(const ProbeTalkScene& scene, Finding open,
                                           const Deadline& limit)
{
    if (socket_type(scene.target.transport) == SOCK_DGRAM)
        return std::make_unique<ProbeDatagramTalk>(scene, std::move(open), limit);
    return std::make_unique<ProbeStreamTalk>(scene, std::move(open), limit);
}

} // namespace sockit
