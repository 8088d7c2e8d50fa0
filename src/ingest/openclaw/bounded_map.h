#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace nightshift::ingest::openclaw {

// A map by text that forgets its oldest entries beyond a limit: what a gateway names must not grow our
// memory.
template <class T>
class BoundedMap {
public:
    explicit BoundedMap(size_t entries_max) : entries_max_(entries_max) {}

    T* find(std::string_view key) {
        auto found = entries_.find(std::string(key));
        return found == entries_.end() ? nullptr : &found->second;
    }

    const T* find(std::string_view key) const {
        auto found = entries_.find(std::string(key));
        return found == entries_.end() ? nullptr : &found->second;
    }

    // The entry of that key, made when there is none. Valid until the next call.
    T& at(std::string_view key) {
        auto [found, is_new] = entries_.try_emplace(std::string(key));
        if (!is_new) return found->second;
        order_.push_back(found->first);
        if (order_.size() > entries_max_) forget_oldest();
        return entries_[std::string(key)];
    }

    void erase(std::string_view key) { entries_.erase(std::string(key)); }

    template <class Visit>
    void for_each(Visit visit) {
        for (auto& [key, value] : entries_) visit(key, value);
    }
    size_t size() const { return entries_.size(); }

private:
    // Erased keys may stay in the order for a while; they count against the limit and leave with the oldest.
    void forget_oldest() {
        entries_.erase(order_.front());
        order_.pop_front();
    }

    size_t entries_max_;
    std::unordered_map<std::string, T> entries_;
    std::deque<std::string> order_;
};

// Ids seen lately, as hashes.
class SeenIds {
public:
    explicit SeenIds(size_t ids_max) : ids_max_(ids_max) {}
    // True the first time.
    bool insert(std::string_view id) {
        size_t hash = std::hash<std::string_view>{}(id);
        if (!hashes_.insert(hash).second) return false;
        order_.push_back(hash);
        if (order_.size() > ids_max_) {
            hashes_.erase(order_.front());
            order_.pop_front();
        }
        return true;
    }

private:
    size_t ids_max_;
    std::unordered_set<size_t> hashes_;
    std::deque<size_t> order_;
};

}  // namespace nightshift::ingest::openclaw
