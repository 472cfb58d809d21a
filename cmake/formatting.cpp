// The compiled half of {fmt}. Debian has it only as a shared library, which would bring the shared
// C++ library with it to every start of sockit; header-only use compiles it anew in each file that
// formats, five seconds each. These are the templates that fmt/core.h leaves to the library.
#include <fmt/format-inl.h>

namespace fmt::detail {

template void buffer<char>::append(const char*, const char*);
template std::locale locale_ref::get<std::locale>() const;
template char decimal_point_impl(locale_ref);
template thousands_sep_result<char> thousands_sep_impl(locale_ref);
template void vformat_to(buffer<char>&, string_view, basic_format_args<format_context>, locale_ref);

} // namespace fmt::detail
