#include "base/escape.h"
#include "fuzz.h"
#include "op/proxy_talk.h"

// What a proxy says: SOCKS 4 and 5, HTTP's CONNECT.

namespace sockit::fuzz {

namespace {

constexpr std::string_view password = "secret words";

/// All that a talk shows of itself.
struct Course {
    std::string sent;
    std::size_t taken = 0;
    bool done = false;
    std::string reply;
    std::string error;

    bool operator==(const Course&) const = default;
};

Course course_of(const ProxyPlan& plan, const ProxyDestination& destination,
                 std::string_view answer, bool whole)
{
    ProxyTalk talk(plan, destination);
    Course course;
    course.sent = talk.take_output();
    Pieces pieces(answer);
    for (auto piece = whole ? answer : pieces.next(); !piece.empty() && !talk.done();) {
        const auto taken = talk.take(piece);
        if (!taken) {
            course.error = code_name(taken.error());
            const auto words = describe_error(taken.error());
            must(is_utf8(words) && words.find_first_of("\n\r\t\x1b") == std::string::npos);
            must(answer.contains(password) || !words.contains(password));
            break;
        }
        must(*taken <= piece.size());
        course.taken += *taken;
        const auto output = talk.take_output();
        must(*taken == piece.size() || talk.done() || !output.empty());
        course.sent += output;
        piece.remove_prefix(*taken);
        if (piece.empty() && !whole)
            piece = pieces.next();
    }
    course.done = talk.done();
    course.reply = talk.reply();
    return course;
}

} // namespace

/// The first byte says which kind of proxy, and whether the target is a name.
void look_at(std::string_view bytes)
{
    if (bytes.empty())
        return;
    const auto choice = static_cast<unsigned char>(bytes[0]);
    ProxyPlan plan;
    plan.kind = static_cast<ProxyKind>(choice % 5);
    plan.credentials = ProxyCredentials{"user", std::string(password)};
    plan.url = "socks5://user@proxy:1080";
    ProxyDestination destination{.host = "example.org", .endpoint = {}, .port = 80};
    if (resolves_here(plan.kind) || choice >= 128)
        destination = {
            .host = "", .endpoint = *Endpoint::from_literal("192.0.2.7", 80), .port = 80};
    const auto course = course_of(plan, destination, bytes.substr(1), true);
    const auto cut = course_of(plan, destination, bytes.substr(1), false);
    must(course.done == cut.done && course.error == cut.error && course.reply == cut.reply);
    if (course.error.empty())
        must(course == cut);
    must(!course.done || course.error.empty());
}

} // namespace sockit::fuzz
