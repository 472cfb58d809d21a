#include "report/json.h"
#include "report/sink.h"

#include <algorithm>
#include <array>

namespace sockit {

namespace {

using Where = Placement::Where;

/// What every command's document has, whatever else it holds.
constexpr std::array common_placements{
    Placement{"warning", Where::Array, "warnings"},
    Placement{"error", Where::Top},
};

/// Writes the document front to back. Members of the top level and elements of the first array of
/// the shape go out as they come; elements of other arrays wait for the end, so that memory stays
/// bounded for the array that can be long.
class JsonSink final : public Sink {
public:
    JsonSink(Output& records, const DocumentShape& shape) : m_records(records), m_shape(shape)
    {
        for (const auto& placement : shape.placements) {
            if (placement.where == Where::Array && !find(placement.key))
                m_arrays.push_back({.key = placement.key, .always = placement.always});
            if (placement.where == Where::Within)
                m_inner_key = placement.key;
        }
        m_out = "{\"schema\":\"" + std::string(shape.schema) + "\"";
    }

    void write(const Record& record) override
    {
        const Placement* placement = placement_of(record.type());
        if (placement == nullptr)
            return;
        auto& members = m_members;
        members.clear();
        append_members(members, record.fields);
        switch (placement->where) {
        case Where::Top:
            if (record.type() == "error")
                members.insert(0, "\"type\":\"error\",");
            add_top(members);
            break;
        case Where::Object:
            m_objects += ",\"" + std::string(placement->key) + "\":{" + members + "}";
            break;
        case Where::Array: add_element(*placement, members); break;
        case Where::Within: add_inner(*placement, members); break;
        case Where::Nowhere: break;
        }
        m_records.write(m_out);
        m_out.clear();
    }

    void finish() override
    {
        close_element();
        if (m_streaming)
            m_out += ']';
        m_out += m_late_top;
        for (std::size_t i = 0; i < m_arrays.size(); ++i)
            if (!(i == 0 && m_streaming) && (m_arrays[i].always || !m_arrays[i].elements.empty()))
                m_out += ",\"" + std::string(m_arrays[i].key) + "\":[" + m_arrays[i].elements + "]";
        m_out += m_objects + "}\n";
        m_records.write(m_out);
        m_records.flush();
    }

private:
    struct Array {
        std::string_view key;
        std::string elements = {};
        bool started = false;
        bool always = false;
    };

    [[nodiscard]] const Placement* placement_of(std::string_view type) const
    {
        for (const auto& placement : m_shape.placements)
            if (placement.type == type)
                return &placement;
        const auto* found = std::ranges::find(common_placements, type, &Placement::type);
        return found == common_placements.end() ? nullptr : found;
    }

    Array* find(std::string_view key)
    {
        const auto found = std::ranges::find(m_arrays, key, &Array::key);
        return found == m_arrays.end() ? nullptr : &*found;
    }

    void add_top(const std::string& members)
    {
        if (!members.empty())
            (m_streaming ? m_late_top : m_out) += "," + members;
    }

    void add_element(const Placement& placement, const std::string& members)
    {
        const auto key = placement.key;
        Array* array = find(key);
        if (array == nullptr)
            array = &m_arrays.emplace_back(Array{.key = key});
        const bool first_array = array->always && array == m_arrays.data();
        if (first_array && !m_streaming) {
            m_out += ",\"" + std::string(key) + "\":[";
            m_streaming = true;
        }
        if (first_array)
            close_element();
        std::string& to = first_array ? m_out : array->elements;
        if (array->started)
            to += ',';
        array->started = true;
        append_element(to, placement, members);
        if (first_array && !m_inner_key.empty()) {
            to.back() = ',';
            to += "\"" + std::string(m_inner_key) + "\":[";
            m_element_open = true;
            m_inner_started = false;
        }
    }

    static void append_element(std::string& to, const Placement& placement,
                               const std::string& members)
    {
        to += '{';
        if (placement.typed)
            to += "\"type\":\"" + std::string(placement.type) + "\"";
        if (placement.typed && !members.empty())
            to += ',';
        to += members;
        to += '}';
    }

    void add_inner(const Placement& placement, const std::string& members)
    {
        if (!m_element_open)
            return;
        if (m_inner_started)
            m_out += ',';
        m_inner_started = true;
        append_element(m_out, placement, members);
    }

    void close_element()
    {
        if (m_element_open)
            m_out += "]}";
        m_element_open = false;
    }

    Output& m_records;
    const DocumentShape& m_shape;
    std::vector<Array> m_arrays;
    bool m_streaming = false;     ///< the first array is open in what has been written
    std::string_view m_inner_key; ///< the array that elements of the first one have; may be empty
    bool m_element_open = false;  ///< an element of the first array waits for more of its own
    bool m_inner_started = false;
    std::string m_members; ///< of the current record
    std::string m_out;
    std::string m_late_top;
    std::string m_objects;
};

} // namespace

std::unique_ptr<Sink> make_json_sink(Output& records, const DocumentShape& shape)
{
    return std::make_unique<JsonSink>(records, shape);
}

} // namespace sockit
