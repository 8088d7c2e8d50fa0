#include "jobs/evidence/fingerprints.h"

#include "base/text.h"
#include "jobs/evidence/text_file.h"

namespace nightshift::jobs::evidence {
namespace {

constexpr std::string_view kNone = "none";
constexpr size_t kDigits = 32;

}  // namespace

std::string fingerprint(std::string_view sha256_hex) {
    return std::string(sha256_hex.substr(0, kDigits));
}

std::string fingerprints_of(const std::vector<FoundFile>& files, Until until) {
    std::set<std::string> prints;
    size_t count = std::min(files.size(), kFingerprintsMax);
    for (size_t i = 0; i < count; ++i) {
        Result<std::string> hash = sha256_of_file(files[i].path, until);
        if (!hash && hash.error().code == Code::kNotFound) continue;
        if (!hash) return "";
        prints.insert(fingerprint(*hash));
    }
    if (prints.empty()) return std::string(kNone);
    std::string text;
    for (const std::string& print : prints) text += (text.empty() ? "" : " ") + print;
    return text;
}

std::optional<std::set<std::string>> parse_fingerprints(const std::string& baseline) {
    if (baseline.empty()) return std::nullopt;
    std::set<std::string> prints;
    if (baseline == kNone) return prints;
    for (std::string_view print : split(baseline, ' ')) prints.emplace(print);
    return prints;
}

}  // namespace nightshift::jobs::evidence
