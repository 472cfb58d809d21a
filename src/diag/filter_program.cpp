#include "diag/filter_program.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include <linux/inet_diag.h>
#include <netinet/in.h>

namespace sockit {

namespace {

/// Behind it programs are no longer sent: jumps and attributes have 16 bits for their lengths.
constexpr std::size_t longest_code = 16 * 1024;
constexpr std::size_t operation_size = sizeof(inet_diag_bc_op);
constexpr std::int32_t any_port = -1;

using Code = std::vector<std::byte>;

/// A piece of program. What it says yes to leaves it at its end, what it says no to jumps
/// `operation_size` behind its end, where a JMP of the pieces around it lies, or the kernel's no.
struct Piece {
    enum class Kind : std::uint8_t { Never, Always, Operations };

    Kind kind = Kind::Always;
    Code code;
};

inet_diag_bc_op operation_at(const Code& code, std::size_t offset)
{
    inet_diag_bc_op operation{};
    std::memcpy(&operation, code.data() + offset, sizeof operation);
    return operation;
}

void put_operation(Code& code, std::size_t offset, const inet_diag_bc_op& operation)
{
    std::memcpy(code.data() + offset, &operation, sizeof operation);
}

template <class T>
void append_code(Code& code, const T& object)
{
    const auto* first = reinterpret_cast<const std::byte*>(&object);
    code.insert(code.end(), first, first + sizeof object);
}

/// One operation with its operand.
Piece piece_of(std::uint8_t operation, const Code& operand)
{
    const std::size_t size = operation_size + operand.size();
    Piece piece{.kind = Piece::Kind::Operations, .code = {}};
    append_code(piece.code,
                inet_diag_bc_op{.code = operation,
                                .yes = static_cast<std::uint8_t>(size),
                                .no = static_cast<std::uint16_t>(size + operation_size)});
    piece.code.insert(piece.code.end(), operand.begin(), operand.end());
    return piece;
}

void append_jump(Code& code, std::size_t distance)
{
    append_code(code, inet_diag_bc_op{.code = INET_DIAG_BC_JMP,
                                      .yes = operation_size,
                                      .no = static_cast<std::uint16_t>(distance)});
}

Piece negation_of(Piece piece)
{
    switch (piece.kind) {
    case Piece::Kind::Never: return {Piece::Kind::Always, {}};
    case Piece::Kind::Always: return {Piece::Kind::Never, {}};
    case Piece::Kind::Operations: break;
    }
    append_jump(piece.code, 2 * operation_size); // over the new end
    return piece;
}

/// What jumped behind the end of the first piece now jumps behind that of the second.
Piece conjunction_of(Piece left, const Piece& right)
{
    if (left.kind == Piece::Kind::Always || right.kind == Piece::Kind::Never)
        return right;
    if (right.kind == Piece::Kind::Always || left.kind == Piece::Kind::Never)
        return left;
    const std::size_t behind = left.code.size() + operation_size;
    for (std::size_t offset = 0; offset < left.code.size();) {
        auto operation = operation_at(left.code, offset);
        if (offset + operation.no == behind) {
            operation.no = static_cast<std::uint16_t>(operation.no + right.code.size());
            put_operation(left.code, offset, operation);
        }
        offset += operation.yes;
    }
    left.code.insert(left.code.end(), right.code.begin(), right.code.end());
    return left;
}

/// A jump over the second piece lies where the first one says no behind.
Piece disjunction_of(Piece left, const Piece& right)
{
    if (left.kind == Piece::Kind::Never || right.kind == Piece::Kind::Always)
        return right;
    if (right.kind == Piece::Kind::Never || left.kind == Piece::Kind::Always)
        return left;
    append_jump(left.code, operation_size + right.code.size());
    left.code.insert(left.code.end(), right.code.begin(), right.code.end());
    return left;
}

Piece constant(bool value)
{
    return {.kind = value ? Piece::Kind::Always : Piece::Kind::Never, .code = {}};
}

Piece host_condition(SocketEnd end, const AddressPrefix* prefix, std::int32_t port)
{
    inet_diag_hostcond condition{};
    condition.family = static_cast<std::uint8_t>(prefix != nullptr ? prefix->family : AF_UNSPEC);
    condition.prefix_len = static_cast<std::uint8_t>(prefix != nullptr ? prefix->length : 0);
    condition.port = port;
    Code operand;
    append_code(operand, condition);
    if (prefix != nullptr) {
        // Whole, however short the prefix is.
        const auto size = prefix->family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
        const auto* first = reinterpret_cast<const std::byte*>(prefix->bytes.data());
        operand.insert(operand.end(), first, first + size);
    }
    return piece_of(end == SocketEnd::Local ? INET_DIAG_BC_S_COND : INET_DIAG_BC_D_COND, operand);
}

/// Ports from `bound` on (GE), or up to it (LE).
Piece port_bound(std::uint8_t operation, std::uint16_t bound)
{
    Code operand;
    append_code(operand, inet_diag_bc_op{.code = INET_DIAG_BC_NOP, .yes = 0, .no = bound});
    return piece_of(operation, operand);
}

Piece port_at_least(SocketEnd end, std::uint16_t port)
{
    return port_bound(end == SocketEnd::Local ? INET_DIAG_BC_S_GE : INET_DIAG_BC_D_GE, port);
}

Piece port_at_most(SocketEnd end, std::uint16_t port)
{
    return port_bound(end == SocketEnd::Local ? INET_DIAG_BC_S_LE : INET_DIAG_BC_D_LE, port);
}

/// The piece for one test on sockets of one family; nothing where the kernel has no operation for
/// it. There are operations for those of IP only.
class TestCompiler {
public:
    explicit TestCompiler(int family) : m_family(family) {}

    std::optional<Piece> operator()(const HostTest& test) const
    {
        if (!is_ip() || (test.family != AF_UNSPEC && test.family != m_family))
            return constant(false);
        const std::int32_t port = test.port ? *test.port : any_port;
        if (test.addresses.empty())
            return test.port ? host_condition(test.end, nullptr, port) : constant(true);
        Piece any = constant(false);
        for (const auto& prefix : test.addresses)
            if (prefix.family == m_family || prefix.family == AF_INET)
                any = disjunction_of(std::move(any), host_condition(test.end, &prefix, port));
        return any;
    }

    std::optional<Piece> operator()(const PortTest& test) const
    {
        constexpr std::uint16_t most = 65535;
        if (m_family == AF_VSOCK && test.family == AF_VSOCK)
            return std::nullopt;
        if (!is_ip() || (test.family != AF_UNSPEC && test.family != m_family))
            return constant(false);
        const auto port = static_cast<std::uint16_t>(test.port);
        switch (test.comparison) {
        case Comparison::Equal: return host_condition(test.end, nullptr, port);
        case Comparison::AtLeast: return port == 0 ? constant(true) : port_at_least(test.end, port);
        case Comparison::AtMost: return port_at_most(test.end, port);
        case Comparison::Less:
            return port == 0 ? constant(false)
                             : port_at_most(test.end, static_cast<std::uint16_t>(port - 1));
        case Comparison::Greater:
            return port == most ? constant(false)
                                : port_at_least(test.end, static_cast<std::uint16_t>(port + 1));
        }
        return std::nullopt;
    }

    std::optional<Piece> operator()(const DeviceTest& test) const
    {
        if (test.index == 0 || !is_ip())
            return std::nullopt;
        Code operand;
        append_code(operand, test.index);
        return piece_of(INET_DIAG_BC_DEV_COND, operand);
    }

    std::optional<Piece> operator()(const MarkTest& test) const
    {
        if (!is_ip())
            return std::nullopt;
        Code operand;
        append_code(operand, inet_diag_markcond{.mark = test.mark, .mask = test.mask});
        return piece_of(INET_DIAG_BC_MARK_COND, operand);
    }

    std::optional<Piece> operator()(const CgroupTest& test) const
    {
        if (test.id == 0 || !is_ip())
            return std::nullopt;
        Code operand;
        append_code(operand, test.id);
        return piece_of(INET_DIAG_BC_CGROUP_COND, operand);
    }

    /// Of sockets without a process the kernel says always that it chose their port.
    std::optional<Piece> operator()(const AutoboundTest& test) const
    {
        if (!is_ip())
            return std::nullopt;
        return conjunction_of(conjunction_of(port_at_least(SocketEnd::Local, test.first),
                                             port_at_most(SocketEnd::Local, test.last)),
                              piece_of(INET_DIAG_BC_AUTO, {}));
    }

    std::optional<Piece> operator()(const UnixTest& /*test*/) const { return only(AF_UNIX); }
    std::optional<Piece> operator()(const VsockTest& /*test*/) const { return only(AF_VSOCK); }
    std::optional<Piece> operator()(const NetlinkTest& /*test*/) const { return only(AF_NETLINK); }
    std::optional<Piece> operator()(const PacketTest& /*test*/) const { return only(AF_PACKET); }
    std::optional<Piece> operator()(const NumberTest& /*test*/) const { return std::nullopt; }
    std::optional<Piece> operator()(const CommTest& /*test*/) const { return std::nullopt; }
    std::optional<Piece> operator()(FilterOperator /*step*/) const { return std::nullopt; }

private:
    [[nodiscard]] bool is_ip() const { return m_family == AF_INET || m_family == AF_INET6; }

    /// A test of sockets of `family`.
    [[nodiscard]] std::optional<Piece> only(int family) const
    {
        return m_family == family ? std::nullopt : std::optional(constant(false));
    }

    int m_family;
};

/// Steps [first, last).
struct StepRange {
    std::size_t first = 0;
    std::size_t last = 0;
};

/// An expression between two programs: what `lower` passes matches, what `upper` stops does not.
struct Compiled {
    std::size_t first = 0; ///< where its steps begin
    Piece lower;
    Piece upper;
    std::vector<StepRange> rest; ///< what is to be tested of that which `upper` passed: all of it
};

class FilterCompiler {
public:
    FilterCompiler(const Filter& filter, const SocketQuery& query)
        : m_filter(filter), m_tests(query.family)
    {}

    FilterProgram run()
    {
        for (std::size_t i = 0; i < m_filter.steps.size(); ++i) {
            const auto* join = std::get_if<FilterOperator>(&m_filter.steps[i]);
            if (join == nullptr)
                push_test(i);
            else if (*join == FilterOperator::Not)
                negate(i);
            else
                this->join(*join, i);
            limit(i);
        }
        if (m_stack.empty())
            return {};
        auto& whole = m_stack.back();
        FilterProgram program{.never = whole.upper.kind == Piece::Kind::Never,
                              .code = std::move(whole.upper.code),
                              .rest = {}};
        for (bool follows = false; const auto& range : whole.rest) {
            for (std::size_t i = range.first; i < range.last; ++i)
                program.rest.push_back(m_filter.steps[i]);
            if (std::exchange(follows, true))
                program.rest.emplace_back(FilterOperator::And);
        }
        return program;
    }

private:
    void push_test(std::size_t at)
    {
        auto piece = std::visit(m_tests, m_filter.steps[at]);
        if (piece)
            m_stack.push_back({at, *piece, *piece, {}});
        else
            m_stack.push_back({at, constant(false), constant(true), {{at, at + 1}}});
    }

    void negate(std::size_t at)
    {
        auto& operand = m_stack.back();
        auto lower = negation_of(std::move(operand.upper));
        operand.upper = negation_of(std::move(operand.lower));
        operand.lower = std::move(lower);
        if (!operand.rest.empty())
            operand.rest = {{operand.first, at + 1}};
    }

    void join(FilterOperator step, std::size_t at)
    {
        const auto right = std::move(m_stack.back());
        m_stack.pop_back();
        auto& left = m_stack.back();
        const auto combine = step == FilterOperator::And ? conjunction_of : disjunction_of;
        left.lower = combine(std::move(left.lower), right.lower);
        left.upper = combine(std::move(left.upper), right.upper);
        if (step == FilterOperator::And)
            left.rest.insert(left.rest.end(), right.rest.begin(), right.rest.end());
        else if (!left.rest.empty() || !right.rest.empty())
            left.rest = {{left.first, at + 1}};
    }

    /// What grows too long is left to the evaluator.
    void limit(std::size_t at)
    {
        auto& top = m_stack.back();
        if (top.upper.code.size() <= longest_code && top.lower.code.size() <= longest_code)
            return;
        top.lower = constant(false);
        top.upper = constant(true);
        top.rest = {{top.first, at + 1}};
    }

    const Filter& m_filter;
    TestCompiler m_tests;
    std::vector<Compiled> m_stack;
};

} // namespace

FilterProgram compile_filter(const Filter& filter, const SocketQuery& query)
{
    if (!names_family(filter, query.family))
        return {.never = true, .code = {}, .rest = {}};
    return FilterCompiler(filter, query).run();
}

} // namespace sockit
