#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

namespace sockit {

/// Names of users from the user database (getpwuid(3)), each asked for once.
class UserNames {
public:
    /// "root"; empty for a user without a name.
    const std::string& name_of(std::uint32_t uid);

private:
    std::unordered_map<std::uint32_t, std::string> m_names;
};

} // namespace sockit
