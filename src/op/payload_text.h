#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace sockit {

/// Passes a byte stream on in chunks that cut no UTF-8 character, so that text cut by a packet's
/// end stays text. Holds back at most three bytes.
class CharacterChunks {
public:
    /// False: it can take no more.
    using Take = std::function<bool(std::string chunk)>;

    explicit CharacterChunks(Take take) : m_take(std::move(take)) {}
    bool add(std::string_view bytes);
    /// Passes on what is still held back.
    bool finish();

private:
    Take m_take;
    std::string m_held;
};

/// Makes a byte stream harmless for a terminal: escape_payload() across chunk boundaries; the
/// carriage return of a CRLF is dropped, any other escaped.
class TerminalText {
public:
    std::string add(std::string_view bytes);
    /// What is still held back.
    std::string finish();

private:
    std::string m_held;
};

/// How much of `bytes` there is without a UTF-8 character that is cut at their end.
std::size_t whole_characters(std::string_view bytes);

} // namespace sockit
