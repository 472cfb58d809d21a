#include "cmd/command.h"
#include "sock/features.h"

#include <fmt/core.h>

namespace sockit {

std::string version_text()
{
    std::string text = "sockit " SOCKIT_VERSION "\nkernel features:";
    for (const auto& feature : kernel_features())
        text += fmt::format(" {}={}", feature.name, feature.present ? "yes" : "no");
    text += fmt::format("\nbuild: {}, GCC {}.{}\n", SOCKIT_BUILD, __GNUC__, __GNUC_MINOR__);
    return text;
}

} // namespace sockit
