#include "api/acknowledge.h"

#include <fmt/format.h>

#include "api/problem.h"
#include "base/log.h"
#include "base/text.h"

namespace nightshift::api {
namespace {

using incidents::Incident;

std::string escape_html(std::string_view text) {
    std::string out;
    for (char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

net::Response page(int status, std::string_view title, std::string_view body) {
    net::Response response = net::Response::text(
        status, fmt::format("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
                            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                            "<title>{0}</title></head><body><main><h1>{0}</h1>{1}</main></body></html>",
                            escape_html(title), body));
    response.headers.set("Content-Type", "text/html; charset=utf-8");
    // The form posts to where it came from and nothing else happens on this page.
    response.headers.set("Content-Security-Policy", "default-src 'none'; form-action 'self'");
    response.headers.set("Referrer-Policy", "no-referrer");
    response.headers.set("Cache-Control", "no-store");
    return response;
}

net::Response refused(const Error& error) {
    return page(http_status(error.code), "This link does not work",
                fmt::format("<p>{}</p>", escape_html(error.message)));
}

std::string who_of(const incidents::AckGrant& grant) {
    return fmt::format("whoever opened the link in {}", grant.who);
}

Task<net::Response> ask(IncidentParts parts, Call call) {
    Result<incidents::AckGrant> grant = parts.verify(call.params[0], call.params[1]);
    if (!grant) {
        log::warn("api", "a link to acknowledge was refused from {}: {}", call.request.peer,
                  grant.error().message);
        co_return refused(grant.error());
    }
    Result<Incident> incident = co_await parts.incidents.find(grant->tenant, grant->incident);
    if (!incident) co_return refused(incident.error());
    std::string title = escape_html(incident->title);
    if (incident->state != incidents::State::kOpen) {
        co_return page(200, "Nothing to do",
                       fmt::format("<p>{}: {}</p>", title, incidents::to_string(incident->state)));
    }
    co_return page(200, "Acknowledge",
                   fmt::format("<p>{}</p><form method=\"post\"><button>I have it</button></form>", title));
}

Task<net::Response> acknowledge(IncidentParts parts, Call call) {
    Result<incidents::AckGrant> grant = parts.verify(call.params[0], call.params[1]);
    if (!grant) {
        log::warn("api", "a link to acknowledge was refused from {}: {}", call.request.peer,
                  grant.error().message);
        co_return refused(grant.error());
    }
    std::string who = who_of(*grant);
    incidents::Service::Act act = [who](Incident& incident, Time now) {
        return incidents::acknowledge(incident, who, now);
    };
    Result<Incident> incident = co_await parts.incidents.act(grant->tenant, grant->incident, std::move(act));
    if (!incident) co_return refused(incident.error());
    log::info("api", "incident {} was acknowledged by a link in {}", grant->incident, grant->who);
    co_return page(200, "It is yours", fmt::format("<p>{}</p>", escape_html(incident->title)));
}

}  // namespace

void add_acknowledge_routes(Router& router, IncidentParts parts) {
    router.add({net::Method::kGet, "/ack/{id}/{token}", Access::open(),
                [parts](Call call) { return ask(parts, std::move(call)); }});
    router.add({net::Method::kPost, "/ack/{id}/{token}", Access::open(),
                [parts](Call call) { return acknowledge(parts, std::move(call)); }});
}

}  // namespace nightshift::api
