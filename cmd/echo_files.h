#pragma once

#include "cmd/command.h"
#include "cmd/session.h"
#include "op/echo_client.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// The files with figures that `echo client` writes beside its records.
struct EchoFilesArgs {
    std::optional<std::string> hlog;
    std::optional<std::string> html;

    [[nodiscard]] bool any() const { return hlog || html; }
};

std::vector<Option> echo_files_options(EchoFilesArgs& args);

/// Usage errors: one file for both.
Result<> check_echo_files(const EchoFilesArgs& args);

/// What is looked at in intervals: files, and, if somebody is `watching` a terminal, the progress
/// there, which is then all that is told of them.
void plan_echo_intervals(EchoLoad& load, const EchoFilesArgs& files, bool watching);

/// Does `act` with an Emit that leads to the files as well as to `emit`, and gives the files their
/// names when it ends well. Files that cannot be written end in status Local, whatever else
/// happened. Errors: those of `act`, or a file cannot be created; then no file is left.
Result<Ending> with_echo_files(const EchoFilesArgs& args, bool watching, const Emit& emit,
                               const std::function<Result<Ending>(const Emit&)>& act);

} // namespace sockit
