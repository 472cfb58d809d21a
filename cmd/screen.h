#pragma once

#include "base/fd.h"
#include "report/sink.h"

#include <termios.h>

namespace sockit {

/// Of the terminal on stdout, now; 80 by 24 where it does not know.
ScreenSize screen_size();

/// A second page of the terminal on stdout, for as long as the object lives, with the keys of stdin
/// as they are typed, if that is one. Signals keep their keys, but nothing stops us halfway: ^Z and
/// ^\ have no meaning.
class Screen {
public:
    Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;
    ~Screen();

    /// Whether there is a terminal that can do it.
    static bool possible();

    /// Where keys come from; invalid if from nowhere.
    [[nodiscard]] FdRef keys() const { return m_keys; }

private:
    FdRef m_keys;
    termios m_before{};
};

} // namespace sockit
