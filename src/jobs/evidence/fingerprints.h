#pragma once

#include <set>
#include <string>
#include <vector>

#include "jobs/evidence/find_files.h"

namespace nightshift::jobs::evidence {

// The contents that files had before the work, as a baseline text: the first half of each SHA-256, joined by
// blanks, or "none". A file written by the run that has one of them is a copy, not work.
constexpr size_t kFingerprintsMax = 32;

// Of the newest files; "" when they could not be read, which makes the question of change unanswerable.
std::string fingerprints_of(const std::vector<FoundFile>& files, Until until);
// Nothing for a baseline that was not taken.
std::optional<std::set<std::string>> parse_fingerprints(const std::string& baseline);
std::string fingerprint(std::string_view sha256_hex);

}  // namespace nightshift::jobs::evidence
