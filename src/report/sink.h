#pragma once

#include "report/output.h"
#include "report/record.h"

#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace sockit {

enum class Format : std::uint8_t { Text, Json, Jsonl, Tap, Junit, Prometheus };

/// When what is written goes out.
enum class Flush : std::uint8_t {
    EachRecord, ///< as it happens: servers, transfers, probes
    WhenFull,   ///< listings
};

/// Where one type of record goes in the single document of --json.
struct Placement {
    enum class Where : std::uint8_t {
        Top,     ///< its members become members of the document
        Object,  ///< a member of its own, `key`, without "type"
        Array,   ///< an element of the array `key`, with its "type"
        Within,  ///< an element of the array `key` that the last element of the first array has
        Nowhere, ///< left out: another record says the same
    };

    std::string_view type;
    Where where;
    std::string_view key = {};
    bool typed = true;  ///< elements carry the "type" of their record
    bool always = true; ///< the array is there without elements, too
};

/// The form of a command's --json document. Types without a placement are left out, but warnings
/// (an array, only if there are any) and errors (at the top) are always taken.
struct DocumentShape {
    std::string_view schema; ///< "sockit.probe/1"
    std::span<const Placement> placements;
};

class Sink {
public:
    virtual ~Sink() = default;
    Sink() = default;
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;

    virtual void write(const Record& record) = 0;
    /// The end: completes the document, prints the rest of a table, flushes.
    virtual void finish() = 0;
};

/// What fits into a terminal.
struct ScreenSize {
    std::size_t columns = 80;
    std::size_t rows = 24;
};

struct TextOptions {
    std::function<ScreenSize()> screen; ///< asked anew for each frame, where there are frames
    int verbosity = 0;                  ///< -1 quiet, 0, 1 verbose
    std::size_t width = 0;              ///< rows are cut here; 0 never
    bool header = true;                 ///< tables have one
    Flush flush = Flush::EachRecord;
};

/// A table that is drawn anew at each frame, in place: the rows since the last one below its line.
/// Never more than fits into the screen; warnings are shown there, and on `notes` at the end.
std::unique_ptr<Sink> make_screen_sink(Output& records, Output& notes, const TextOptions& options);
/// Lines and tables for people: results and infos to `records`, warnings, errors and notes to
/// `notes`.
std::unique_ptr<Sink> make_text_sink(Output& records, Output& notes, const TextOptions& options);
/// One object a line; the first carries the schema.
std::unique_ptr<Sink> make_jsonl_sink(Output& records, std::string_view schema, Flush flush);
/// One document at the end, the elements of its first array written as they come.
std::unique_ptr<Sink> make_json_sink(Output& records, const DocumentShape& shape);

} // namespace sockit
