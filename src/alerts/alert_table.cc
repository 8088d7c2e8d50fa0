#include "alerts/alert_table.h"

#include <string_view>

namespace nightshift::alerts {

uint64_t alert_id(const Alert& alert) {
    return alert.fingerprint() ^ (std::hash<std::string_view>{}(alert.tenant) * 0x9e3779b97f4a7c15ull);
}

const AlertTable::Slot* AlertTable::slot_of(uint64_t id) const {
    if (slots_.empty()) return nullptr;
    size_t mask = slots_.size() - 1;
    for (size_t at = home_of(id); slots_[at].alert; at = (at + 1) & mask) {
        if (slots_[at].id == id) return &slots_[at];
    }
    return nullptr;
}

AlertPtr AlertTable::find(uint64_t id) const {
    const Slot* slot = slot_of(id);
    return slot == nullptr ? nullptr : slot->alert;
}

void AlertTable::put(uint64_t id, AlertPtr alert) {
    constexpr size_t kEighthsMax = 7;  // taken; beyond it ways become long
    if ((size_ + 1) * 8 > slots_.size() * kEighthsMax) grow();
    size_t mask = slots_.size() - 1;
    size_t at = home_of(id);
    while (slots_[at].alert && slots_[at].id != id) at = (at + 1) & mask;
    if (!slots_[at].alert) ++size_;
    slots_[at] = {id, std::move(alert)};
}

void AlertTable::erase(uint64_t id) {
    const Slot* found = slot_of(id);
    if (found == nullptr) return;
    size_t mask = slots_.size() - 1;
    auto hole = static_cast<size_t>(found - slots_.data());
    // Those behind it that could stand here move up, so that no way to them has a gap.
    for (size_t at = (hole + 1) & mask; slots_[at].alert; at = (at + 1) & mask) {
        size_t from_home = (at - home_of(slots_[at].id)) & mask;
        if (from_home < ((at - hole) & mask)) continue;
        slots_[hole] = std::move(slots_[at]);
        hole = at;
    }
    slots_[hole] = {};
    --size_;
}

void AlertTable::grow() {
    std::vector<Slot> before =
        std::exchange(slots_, std::vector<Slot>(slots_.empty() ? 2 : slots_.size() * 2));
    size_ = 0;
    for (Slot& each : before) {
        if (each.alert) put(each.id, std::move(each.alert));
    }
}

}  // namespace nightshift::alerts
