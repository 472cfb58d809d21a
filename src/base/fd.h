#pragma once

#include <utility>

namespace sockit {

/// A borrowed file descriptor: whoever passes it keeps it open for as long as it is used.
struct FdRef {
    int value = -1;

    [[nodiscard]] bool valid() const { return value >= 0; }
    bool operator==(const FdRef&) const = default;
};

/// An owned file descriptor, closed at the end of its life. Moves, never copies.
class Fd {
public:
    Fd() = default;
    explicit Fd(int value) : m_value(value) {}
    Fd(Fd&& other) noexcept : m_value(std::exchange(other.m_value, -1)) {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { close(); }

    [[nodiscard]] bool valid() const { return m_value >= 0; }
    [[nodiscard]] FdRef ref() const { return {m_value}; }
    [[nodiscard]] int get() const { return m_value; }
    /// Gives the descriptor up without closing it.
    [[nodiscard]] int release() { return std::exchange(m_value, -1); }
    /// Closes now; errors of close(2) on sockets and /proc files carry no news and are dropped.
    void close();

private:
    int m_value = -1;
};

} // namespace sockit
