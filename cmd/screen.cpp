#include "cmd/screen.h"

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace sockit {

namespace {

/// The other page, no cursor, and no line that goes on in the next.
constexpr std::string_view enter_screen = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
constexpr std::string_view leave_screen = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/// A terminal that is gone needs nothing any more.
void write_all(std::string_view text)
{
    while (!text.empty()) {
        const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno != EINTR)
            return;
        text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
}

/// In the background of our own terminal we would be stopped for changing it.
bool in_foreground(int terminal)
{
    const auto group = ::tcgetpgrp(terminal);
    return group < 0 || group == ::getpgrp();
}

} // namespace

ScreenSize screen_size()
{
    ScreenSize size;
    winsize window{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) < 0)
        return size;
    if (window.ws_col != 0)
        size.columns = window.ws_col;
    if (window.ws_row != 0)
        size.rows = window.ws_row;
    return size;
}

Screen::Screen()
{
    if (::isatty(STDIN_FILENO) == 1 && in_foreground(STDIN_FILENO) &&
        ::tcgetattr(STDIN_FILENO, &m_before) == 0) {
        termios raw = m_before;
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        raw.c_cc[VSUSP] = _POSIX_VDISABLE;
        raw.c_cc[VQUIT] = _POSIX_VDISABLE;
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        if (::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0)
            m_keys = FdRef{STDIN_FILENO};
    }
    write_all(enter_screen);
}

Screen::~Screen()
{
    write_all(leave_screen);
    if (m_keys.valid())
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &m_before);
}

bool Screen::possible()
{
    const char* terminal = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) == 1 && terminal != nullptr &&
           std::string_view(terminal) != "dumb";
}

} // namespace sockit
