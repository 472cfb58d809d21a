#include "cmd/probe.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {
namespace {

std::string format_refusal(const OutputArgs& output, const std::string& format)
{
    const auto plan = plan_probe_output(output, {.format = format});
    return plan ? "accepted" : describe_error(plan.error());
}

TEST(PlanProbeFormat, Names)
{
    const std::vector<std::pair<const char*, Format>> formats{
        {"text", Format::Text}, {"json", Format::Json},   {"jsonl", Format::Jsonl},
        {"tap", Format::Tap},   {"junit", Format::Junit}, {"prom", Format::Prometheus},
    };
    for (const auto& [name, format] : formats)
        EXPECT_EQ(plan_probe_output({}, {.format = name}).value().format, format) << name;
    EXPECT_EQ(plan_probe_output({.jsonl = true}, {}).value().format, Format::Jsonl);
    EXPECT_EQ(plan_probe_output({.json = true}, {.format = "json"}).value().format, Format::Json);
}

TEST(PlanProbeFormat, Conflicts)
{
    EXPECT_EQ(format_refusal({.json = true}, "tap"), "--json and --format tap exclude each other");
    EXPECT_EQ(format_refusal({.jsonl = true}, "json"),
              "--jsonl and --format json exclude each other");
    EXPECT_EQ(format_refusal({}, "xml"),
              "bad --format 'xml': expected text, json, jsonl, tap, junit or prom");
    const auto near = plan_probe_output({}, {.format = "junti"});
    ASSERT_FALSE(near);
    EXPECT_EQ(near.error().hint, "did you mean junit?");
}

std::string label_refusal(const std::vector<std::string>& labels)
{
    const auto plan = plan_probe_labels(labels);
    return plan ? "accepted" : describe_error(plan.error());
}

TEST(PlanProbeLabels, KeysAreNames)
{
    EXPECT_EQ(plan_probe_labels({"env=prod", "_r4ck=", "x=a=b"}).value(),
              (ProbeLabels{{"env", "prod"}, {"_r4ck", ""}, {"x", "a=b"}}));
    const std::string name = ": a key has letters, digits and _, no digit first";
    EXPECT_EQ(label_refusal({"=x"}), "bad --label '=x'" + name);
    EXPECT_EQ(label_refusal({"4=x"}), "bad --label '4=x'" + name);
    EXPECT_EQ(label_refusal({"a-b=x"}), "bad --label 'a-b=x'" + name);
    EXPECT_EQ(label_refusal({"env"}), "bad --label 'env': expected KEY=VALUE");
    EXPECT_EQ(label_refusal({"a=1", "b=1", "a=2"}), "bad --label 'a=2': that key was given before");
    for (const char* reserved :
         {"target", "outcome", "phase", "le", "address", "state", "__name__"})
        EXPECT_EQ(label_refusal({std::string(reserved) + "=1"}),
                  "bad --label '" + std::string(reserved) +
                      "=1': that key has a meaning of its own");
}

std::string trace_refusal(ProbeArgs args)
{
    args.machine.trace = true;
    const auto plan = plan_probe(args);
    return plan ? "accepted" : describe_error(plan.error());
}

TEST(PlanProbeTrace, Hops)
{
    ProbeArgs args{.words = {"a:1"}};
    EXPECT_FALSE(plan_probe(args).value().trace);
    args.machine.trace = true;
    EXPECT_TRUE(plan_probe(args).value().trace);
    EXPECT_EQ(plan_probe(args).value().max_hops, 30);
    args.machine.max_hops = "255";
    EXPECT_EQ(plan_probe(args).value().max_hops, 255);
    args.machine.max_hops = "256";
    EXPECT_EQ(trace_refusal(args), "bad --max-hops '256': expected 1 to 255");
    args.machine.trace = false;
    args.machine.max_hops = "5";
    EXPECT_EQ(describe_error(plan_probe(args).error()), "--max-hops is for --trace");
}

TEST(PlanProbeTrace, AsksNoMoreThanTheWay)
{
    EXPECT_EQ(trace_refusal({.words = {"a:1", "unix:/a"}}),
              "bad target 'unix:/a': --trace is for TCP targets");
    EXPECT_EQ(trace_refusal({.words = {"udp:a:1"}}),
              "bad target 'udp:a:1': --trace is for TCP targets");
    ProbeArgs settling{.words = {"a:1"}};
    settling.talk.settle = "1";
    EXPECT_EQ(trace_refusal(settling).substr(0, 38), "--trace asks nothing of the connection");
    ProbeArgs repeated{.words = {"a:1"}};
    repeated.rounds.interval = "1";
    EXPECT_EQ(trace_refusal(repeated).substr(0, 32), "--trace goes each way once: it e");
    ProbeArgs paced{.words = {"a:1"}};
    paced.rate = "5/s";
    EXPECT_EQ(trace_refusal(paced).substr(0, 37), "--trace goes one way after the other:");
    ProbeArgs bound{.words = {"a:1"}};
    bound.network.source = "127.0.0.1";
    EXPECT_EQ(trace_refusal(bound), "accepted");
    bound.network.source = "127.0.0.1:7000";
    EXPECT_EQ(trace_refusal(bound).substr(0, 43), "--trace wants a --source without a port: it");
}

} // namespace
} // namespace sockit::THIS_FILE
