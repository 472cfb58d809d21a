#include "sock/user_names.h"

#include <vector>

#include <pwd.h>

namespace sockit {

const std::string& UserNames::name_of(std::uint32_t uid)
{
    const auto [entry, is_new] = m_names.try_emplace(uid);
    if (is_new) {
        constexpr std::size_t enough = 16UL * 1024; // for all strings of one entry
        std::vector<char> buffer(enough);
        passwd user{};
        passwd* found = nullptr;
        if (::getpwuid_r(uid, &user, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
            entry->second = user.pw_name;
    }
    return entry->second;
}

} // namespace sockit
