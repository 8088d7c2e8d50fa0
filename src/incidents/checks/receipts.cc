#include <fmt/format.h>

#include <algorithm>

#include "incidents/checks/common.h"

namespace nightshift::incidents {
namespace {

constexpr std::string_view kName = "delivery receipts";

bool is_receipt(const ReceiptFact& receipt) {
    return receipt.state == "delivered" && !receipt.identifier.empty();
}

std::string in_words(const ReceiptFact& receipt, Time now) {
    std::string when = receipt.at ? ", " + ago(*receipt.at, now) : "";
    if (is_receipt(receipt))
        return fmt::format("delivered to {} as message {}{}", receipt.channel, receipt.identifier, when);
    if (receipt.state == "delivered")
        return fmt::format("{} took it and named no message{}", receipt.channel, when);
    std::string why = receipt.error.empty() ? "" : ": " + receipt.error;
    return fmt::format("{} to {}{}", receipt.state, receipt.channel, why);
}

Finding finding_of(const std::vector<const ReceiptFact*>& receipts) {
    auto is = [](std::string_view state) {
        return [state](const ReceiptFact* each) { return each->state == state; };
    };
    auto proves = [](const ReceiptFact* each) { return is_receipt(*each); };
    bool has_failed = std::any_of(receipts.begin(), receipts.end(), is("failed"));
    bool has_proof = std::any_of(receipts.begin(), receipts.end(), proves);
    if (std::all_of(receipts.begin(), receipts.end(), proves)) return Finding::kGood;
    if (has_failed) return has_proof ? Finding::kSuspicious : Finding::kBad;
    return Finding::kUnknown;
}

}  // namespace

Check check_receipts(const Facts& facts) {
    const auto* receipts = known(facts, facts.receipts, "receipts");
    const JobFacts* job = known_job(facts);
    if (work_of(facts) == Work::kNothing && (receipts == nullptr || receipts->empty()))
        return found(kName, Finding::kNothing, "nothing is to be delivered");
    if (receipts == nullptr) return not_gathered(kName, "the delivery receipts");
    if (receipts->empty()) return found(kName, Finding::kNothing, "nothing was to be delivered");
    const RunFact* run = job == nullptr ? nullptr : newest_decided(*job);
    if (run != nullptr && run->verdict == "silent_ok")
        return found(kName, Finding::kNothing, "the newest run had nothing to say");
    std::vector<const ReceiptFact*> of_run;
    for (const ReceiptFact& each : *receipts) {
        if (run != nullptr && each.run == run->id) of_run.push_back(&each);
    }
    if (of_run.empty())
        return found(kName, Finding::kUnknown,
                     fmt::format("no receipt of the newest run among {}",
                                 count(receipts->size(), "delivery receipt")));
    auto proven = std::count_if(receipts->begin(), receipts->end(), is_receipt);
    std::string says;
    std::vector<std::string> evidence;
    for (const ReceiptFact* each : of_run) {
        says += (says.empty() ? "" : "; ") + in_words(*each, facts.at);
        evidence.push_back("delivery:" + each->delivery);
    }
    return found(kName, finding_of(of_run),
                 fmt::format("{} ({} of the last {} have a receipt)", says, proven, receipts->size()),
                 std::move(evidence));
}

}  // namespace nightshift::incidents
