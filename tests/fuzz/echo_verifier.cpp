#include "op/echo_verifier.h"

#include "fuzz.h"

#include <algorithm>
#include <span>
#include <vector>

// What an echo server sends back: right, late, twice, cut, mixed up, or anything at all.

namespace sockit::fuzz {

namespace {

using Answer = EchoVerifier::Answer;
using Bytes = std::vector<std::byte>;

constexpr std::uint32_t connection = 3;

EchoScript script_of(FuzzedDataProvider& input)
{
    const auto low = input.ConsumeIntegralInRange<std::uint32_t>(1, 200);
    const auto high = input.ConsumeIntegralInRange<std::uint32_t>(low, low + 100);
    return {input.ConsumeIntegral<std::uint8_t>(), {.ranges = {{low, high}}}, 5};
}

Bytes echo_of(const EchoScript& script, std::uint32_t whose, std::uint64_t sequence)
{
    const auto message = script.message(whose, sequence);
    Bytes bytes(message.size);
    script.payload().write(message, 0, bytes);
    return bytes;
}

/// Gives the bytes to the verifier; how many answers there were.
std::size_t take_all(EchoVerifier& verifier, std::span<const std::byte> bytes, EchoFlaws& flaws)
{
    std::size_t answers = 0;
    while (verifier.take(bytes, flaws) != Answer::Pending)
        ++answers;
    must(bytes.empty());
    return answers;
}

/// Exact echoes of several messages, cut anywhere: each is right, in order.
void look_at_exact_echoes(FuzzedDataProvider& input)
{
    const auto script = script_of(input);
    EchoVerifier verifier(script, connection, input.ConsumeBool());
    EchoFlaws flaws;
    const auto count = input.ConsumeIntegralInRange<std::uint64_t>(1, 20);
    Bytes stream;
    for (std::uint64_t sequence = 0; sequence < count; ++sequence) {
        verifier.expect({.message = script.message(connection, sequence)});
        const auto echo = echo_of(script, connection, sequence);
        stream.insert(stream.end(), echo.begin(), echo.end());
    }
    std::uint64_t right = 0;
    for (std::span<const std::byte> rest(stream); !rest.empty();) {
        const auto length = input.ConsumeIntegralInRange<std::size_t>(1, 100);
        auto piece = rest.first(std::min(length, rest.size()));
        rest = rest.subspan(piece.size());
        for (auto answer = verifier.take(piece, flaws); answer != Answer::Pending;
             answer = verifier.take(piece, flaws)) {
            must(answer == Answer::Right);
            must(verifier.answered().message.sequence == right);
            ++right;
        }
    }
    must(right == count && verifier.window().empty() && flaws == EchoFlaws());
}

/// Anything: nobody answers more than was asked, and what is outstanding stays in order.
void look_at_anything(FuzzedDataProvider& input)
{
    const auto script = script_of(input);
    const bool datagrams = input.ConsumeBool();
    EchoVerifier verifier(script, connection, input.ConsumeBool());
    EchoFlaws flaws;
    std::uint64_t sent = 0;
    std::size_t answers = 0;
    while (input.remaining_bytes() > 0) {
        Bytes bytes;
        switch (input.ConsumeIntegralInRange(0, 5)) {
        case 0: verifier.expect({.message = script.message(connection, sent++)}); continue;
        case 1:
            if (!verifier.window().empty())
                verifier.give_up(flaws);
            continue;
        case 2:
            if (!datagrams)
                verifier.end(flaws);
            continue;
        case 3:
            bytes =
                input.ConsumeBytes<std::byte>(input.ConsumeIntegralInRange<std::size_t>(0, 300));
            break;
        default: {
            const auto whose = input.ConsumeIntegralInRange<std::uint32_t>(0, 6);
            bytes = echo_of(script, whose < 4 ? connection : whose,
                            input.ConsumeIntegralInRange<std::uint64_t>(0, sent + 1));
            const auto from = input.ConsumeIntegralInRange<std::size_t>(0, bytes.size());
            bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(from));
            break;
        }
        }
        if (datagrams)
            answers += verifier.take_datagram(bytes, flaws) != Answer::Pending ? 1 : 0;
        else
            answers += take_all(verifier, bytes, flaws);
        must(answers <= sent && verifier.window().size() <= sent);
        for (std::size_t i = 1; i < verifier.window().size(); ++i)
            must(verifier.window()[i - 1].message.sequence < verifier.window()[i].message.sequence);
    }
}

} // namespace

void look_at(std::string_view bytes)
{
    FuzzedDataProvider input(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (input.ConsumeBool())
        look_at_exact_echoes(input);
    else
        look_at_anything(input);
}

} // namespace sockit::fuzz
