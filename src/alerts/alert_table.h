#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "alerts/alert.h"

namespace nightshift::alerts {

using AlertPtr = std::shared_ptr<const Alert>;

// Of an alert in an AlertTable: its tenant and its labels.
uint64_t alert_id(const Alert& alert);

// Alerts by their id, in one piece of memory: there is one table of all of them, and one for each of many
// thousands of groups, most of which have a few. What comes first, and where, changes with every put().
class AlertTable {
public:
    struct Slot {
        uint64_t id = 0;
        AlertPtr alert;  // none: the slot is free
    };
    // Goes over the slots that are taken.
    class Iterator {
    public:
        Iterator(const Slot* at, const Slot* end) : at_(at), end_(end) { skip(); }
        const Slot& operator*() const { return *at_; }
        Iterator& operator++() {
            ++at_;
            skip();
            return *this;
        }
        bool operator==(const Iterator& other) const { return at_ == other.at_; }

    private:
        void skip() {
            while (at_ != end_ && !at_->alert) ++at_;
        }
        const Slot* at_;
        const Slot* end_;
    };

    // Nothing: it is not here.
    AlertPtr find(uint64_t id) const;
    bool contains(uint64_t id) const { return slot_of(id) != nullptr; }
    // In the place of the one with that id, if there is one.
    void put(uint64_t id, AlertPtr alert);
    void erase(uint64_t id);
    // `is_over` is asked of each slot once.
    template <class IsOver>
    void erase_if(IsOver is_over) {
        std::vector<uint64_t> over;
        for (const Slot& each : *this) {
            if (is_over(each)) over.push_back(each.id);
        }
        for (uint64_t id : over) erase(id);
    }

    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    Iterator begin() const { return {slots_.data(), slots_.data() + slots_.size()}; }
    Iterator end() const { return {slots_.data() + slots_.size(), slots_.data() + slots_.size()}; }

private:
    // Where it is looked for first; ids are hashes already.
    size_t home_of(uint64_t id) const { return static_cast<size_t>(id) & (slots_.size() - 1); }
    const Slot* slot_of(uint64_t id) const;
    void grow();

    std::vector<Slot> slots_;  // none, or a power of two, of which at least one is free
    size_t size_ = 0;
};

}  // namespace nightshift::alerts
