#pragma once

#include "support/run.h"
#include "support/schema.h"

#include <string>
#include <string_view>

namespace sockit::test {

/// What `sockit probe --json` said of its targets.
struct Probed {
    Outcome process;
    nlohmann::json document;

    [[nodiscard]] const nlohmann::json& results() const { return document["results"]; }
    [[nodiscard]] const nlohmann::json& result(std::size_t index = 0) const
    {
        return results()[index];
    }
    [[nodiscard]] std::string outcome() const { return result()["outcome"]; }
    /// The code of the error; empty for none.
    [[nodiscard]] std::string code() const
    {
        const auto& error = result()["error"];
        return error.is_null() ? "" : error["code"].get<std::string>();
    }
};

/// `sockit probe --json WORDS…`, its document checked against the schema.
inline Probed probe_json(Words words, Surroundings surroundings = {})
{
    words.insert(words.begin(), {"probe", "--json"});
    Probed probed{.process = run(words, std::move(surroundings)), .document = {}};
    EXPECT_TRUE(valid_document(probed.process.out)) << probed.process;
    probed.document = parse_document(probed.process.out);
    return probed;
}

/// Of one target.
inline void expect_outcome(const Probed& probed, std::string_view outcome, int status,
                           std::string_view code = {})
{
    ASSERT_EQ(probed.document["results"].size(), 1U) << probed.process;
    EXPECT_EQ(probed.result()["outcome"], outcome) << probed.process;
    EXPECT_TRUE(exited(probed.process, status));
    EXPECT_EQ(probed.code(), code) << probed.process;
    EXPECT_EQ(probed.process.err.empty(), status == 0) << probed.process;
}

/// The ICMP message behind the error of the one target.
inline void expect_icmp(const Probed& probed, int type, int code, std::string_view from, bool local)
{
    const auto& error = probed.result()["error"];
    ASSERT_TRUE(error.is_object() && error.contains("icmp")) << probed.process;
    EXPECT_EQ(error["icmp"]["type"], type) << probed.process;
    EXPECT_EQ(error["icmp"]["code"], code) << probed.process;
    EXPECT_EQ(error["icmp"]["from"], from) << probed.process;
    EXPECT_EQ(error["icmp"]["local"], local) << probed.process;
}

} // namespace sockit::test
