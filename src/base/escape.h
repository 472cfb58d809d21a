#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sockit {

/// Foreign bytes made harmless for a terminal or a table cell: C0, DEL, C1, bidi controls, line
/// separators and bytes that are not UTF-8 become `\n`, `\t`, `\xHH` or `\u{HHHH}`; a backslash
/// becomes `\\`. One row stays one row, and no two inputs look the same.
std::string escape(std::string_view bytes);

/// escape(), but line feeds and tabs pass: for payload shown on a terminal.
std::string escape_payload(std::string_view bytes);

/// `text` escaped between single quotes and cut at 64 characters with `…`: for error messages.
std::string quote(std::string_view text);

/// Whether the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view bytes);

/// How many bytes at the start are whole UTF-8 characters; the rest is a character cut at the end
/// of a chunk, or something that is not UTF-8.
std::size_t utf8_prefix(std::string_view bytes);

/// RFC 4648 base64 with padding.
std::string base64(std::string_view bytes);

/// The bytes that base64() made it from; nothing where it made none such.
std::optional<std::string> unbase64(std::string_view text);

/// Lower-case hexadecimal, two digits a byte.
std::string hex(std::string_view bytes);

} // namespace sockit
