#include "base/escape.h"
#include "report/describe.h"
#include "report/tls.h"

namespace sockit {

namespace {

void add_text_or_null(Fields& fields, std::string_view key, const std::string& text)
{
    if (text.empty())
        fields.add(key, nullptr);
    else
        fields.add(key, text);
}

void add_peer_certificate(Fields& fields, const TlsFacts& facts)
{
    const auto* own = facts.chain.empty() ? nullptr : &facts.chain.front();
    const auto add = [&](std::string_view key, const auto TlsCertificate::* member) {
        if (own != nullptr)
            fields.add(key, own->*member);
        else
            fields.add(key, nullptr);
    };
    add("subject", &TlsCertificate::subject);
    add("issuer", &TlsCertificate::issuer);
    fields.begin_array("san");
    if (own != nullptr)
        for (const auto& name : own->names)
            fields.add({}, name);
    fields.end_array();
    add("not_before", &TlsCertificate::not_before);
    add("not_after", &TlsCertificate::not_after);
}

void add_chain(Fields& fields, const TlsFacts& facts)
{
    fields.begin_array("chain");
    for (const auto& certificate : facts.chain) {
        fields.begin_object();
        fields.add("subject", certificate.subject);
        fields.add("issuer", certificate.issuer);
        fields.add("not_after", certificate.not_after);
        fields.end_object();
    }
    fields.end_array();
}

} // namespace

void add_tls(Fields& fields, const std::optional<TlsFacts>& facts)
{
    if (!facts) {
        fields.add("tls", nullptr);
        return;
    }
    fields.begin_object("tls");
    add_text_or_null(fields, "protocol", facts->protocol);
    add_text_or_null(fields, "cipher", facts->cipher);
    fields.add("alpn", facts->alpn);
    fields.add("sni", facts->sni);
    add_peer_certificate(fields, *facts);
    fields.add("days_left", facts->days_left);
    fields.add("verified", facts->verified);
    fields.add("verify_error", facts->verify_error);
    fields.add("close_notify", facts->close_notify);
    add_chain(fields, *facts);
    fields.end_object();
}

std::string tls_line(const TlsFacts& facts)
{
    std::string line = facts.protocol + " " + facts.cipher;
    if (facts.alpn)
        line += ", " + escape(*facts.alpn);
    if (!facts.chain.empty())
        line += ", " + escape(facts.chain.front().subject);
    if (facts.verified)
        line += *facts.verified ? ", verified" : ", not verified";
    if (facts.verify_error)
        line += ": " + *facts.verify_error;
    return line;
}

void describe(const TlsEstablished& event, Record& record)
{
    record.start("tls", Level::Verbose);
    if (record.wants_fields()) {
        if (event.connection)
            record.fields.add("id", *event.connection);
        add_tls(record.fields, event.facts);
        return;
    }
    if (event.connection)
        record.line = std::to_string(*event.connection) + " ";
    record.line += tls_line(event.facts);
}

} // namespace sockit
