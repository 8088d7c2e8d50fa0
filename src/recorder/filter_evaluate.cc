#include "recorder/filter_evaluate.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "recorder/text_search.h"

namespace nightshift::recorder {
namespace {

using Op = Filter::Op;

// One loop per operator, so that each is a plain vector loop.
template <class Get, class T>
void compare_rows(Get get, Op op, T literal, uint32_t rows, uint8_t* matches) {
    auto run = [&](auto test) {
        for (uint32_t i = 0; i < rows; ++i) matches[i] = test(get(i)) ? 1 : 0;
    };
    switch (op) {
        case Op::kNotEqual:
            return run([literal](T v) { return v != literal; });
        case Op::kLess:
            return run([literal](T v) { return v < literal; });
        case Op::kLessEqual:
            return run([literal](T v) { return v <= literal; });
        case Op::kGreater:
            return run([literal](T v) { return v > literal; });
        case Op::kGreaterEqual:
            return run([literal](T v) { return v >= literal; });
        default:
            return run([literal](T v) { return v == literal; });
    }
}

bool text_matches(const Filter& filter, std::string_view text) {
    switch (filter.op) {
        case Op::kNotEqual:
            return text != filter.values[0].text;
        case Op::kContains:
            return contains_ignore_case(text, filter.values[0].text);
        default:
            return std::any_of(filter.values.begin(), filter.values.end(),
                               [text](const Filter::Literal& literal) { return text == literal.text; });
    }
}

void evaluate_text(const Filter& filter, const Block& block, uint8_t* matches) {
    TextColumn column = block.texts(filter.column.text);
    std::vector<uint8_t> table(column.dictionary->size());
    for (uint32_t code = 0; code < table.size(); ++code)
        table[code] = text_matches(filter, column.dictionary->at(code));
    for (uint32_t i = 0; i < block.rows(); ++i) matches[i] = table[column.codes[i]];
}

template <class Get>
void evaluate_whole(const Filter& filter, Get get, uint32_t rows, uint8_t* matches) {
    const Filter::Literal& first = filter.values[0];
    if (filter.op == Op::kIn) {
        for (uint32_t i = 0; i < rows; ++i) {
            matches[i] = std::any_of(
                filter.values.begin(), filter.values.end(),
                [&](const Filter::Literal& each) { return each.is_whole && get(i) == each.number; });
        }
    } else if (first.is_whole) {
        compare_rows(get, filter.op, first.number, rows, matches);
    } else {
        compare_rows([&get](uint32_t i) { return static_cast<double>(get(i)); }, filter.op, first.real, rows,
                     matches);
    }
}

void evaluate_real(const Filter& filter, const int64_t* bits, uint32_t rows, uint8_t* matches) {
    auto get = [bits](uint32_t i) { return std::bit_cast<double>(bits[i]); };
    if (filter.op != Op::kIn) return compare_rows(get, filter.op, filter.values[0].real, rows, matches);
    for (uint32_t i = 0; i < rows; ++i) {
        matches[i] = std::any_of(filter.values.begin(), filter.values.end(),
                                 [&](const Filter::Literal& each) { return get(i) == each.real; });
    }
}

void evaluate_compare(const Filter& filter, const Block& block, std::string_view tenant, uint8_t* matches) {
    uint32_t rows = block.rows();
    const Column& column = filter.column;
    if (column.kind == Column::Kind::kTenant) {
        std::fill_n(matches, rows, text_matches(filter, tenant) ? 1 : 0);
    } else if (column.kind == Column::Kind::kText) {
        evaluate_text(filter, block, matches);
    } else if (column.is_word()) {
        const int64_t* values = block.numbers(column.number);
        for (uint32_t i = 0; i < rows; ++i) matches[i] = filter.words >> (values[i] & 31) & 1;
    } else if (column.is_real()) {
        evaluate_real(filter, block.numbers(column.number), rows, matches);
    } else if (column.kind == Column::Kind::kTotalTokens) {
        const int64_t* input = block.numbers(Number::kInput);
        const int64_t* output = block.numbers(Number::kOutput);
        auto get = [=](uint32_t i) {
            return static_cast<int64_t>(static_cast<uint64_t>(input[i]) + static_cast<uint64_t>(output[i]));
        };
        evaluate_whole(filter, get, rows, matches);
    } else {
        const int64_t* values = block.numbers(column.number);
        evaluate_whole(filter, [values](uint32_t i) { return values[i]; }, rows, matches);
    }
}

Result<void> evaluate_joined(const Filter& filter, Block& block, std::string_view tenant,
                             std::vector<uint8_t>& matches) {
    bool is_and = filter.node == Filter::Node::kAnd;
    std::vector<uint8_t> next;
    for (size_t child = 0; child < filter.children.size(); ++child) {
        Result<void> done = evaluate(filter.children[child], block, tenant, child == 0 ? matches : next);
        if (!done) return done;
        if (child > 0 && is_and) {
            for (uint32_t i = 0; i < block.rows(); ++i) matches[i] &= next[i];
        } else if (child > 0) {
            for (uint32_t i = 0; i < block.rows(); ++i) matches[i] |= next[i];
        }
        uint8_t settled = is_and ? 0 : 1;
        bool is_settled =
            std::all_of(matches.begin(), matches.end(), [settled](uint8_t m) { return m == settled; });
        if (is_settled) break;
    }
    return {};
}

// Whether some value in [low, high] can satisfy the comparison.
bool range_may_match(const Filter& filter, int64_t low, int64_t high) {
    auto fits = [&](const Filter::Literal& literal) {
        auto from = static_cast<double>(low);
        auto to = static_cast<double>(high);
        switch (filter.op) {
            case Op::kLess:
                return from < literal.real;
            case Op::kLessEqual:
                return from <= literal.real;
            case Op::kGreater:
                return to > literal.real;
            case Op::kGreaterEqual:
                return to >= literal.real;
            case Op::kNotEqual:
                return true;
            default:
                return from <= literal.real && literal.real <= to;
        }
    };
    return std::any_of(filter.values.begin(), filter.values.end(), fits);
}

bool compare_may_match(const Filter& filter, const Block& block, std::string_view tenant) {
    const Column& column = filter.column;
    switch (column.kind) {
        case Column::Kind::kTenant:
            return text_matches(filter, tenant);
        case Column::Kind::kTotalTokens:
            return true;
        case Column::Kind::kText:
            if (filter.op != Op::kEqual && filter.op != Op::kIn) return true;
            return std::any_of(
                filter.values.begin(), filter.values.end(),
                [&](const Filter::Literal& literal) { return block.may_contain(column.text, literal.text); });
        case Column::Kind::kNumber:
            break;
    }
    auto [low, high] = block.range(column.number);
    if (column.is_real()) return true;
    if (!column.is_word()) return range_may_match(filter, low, high);
    if (low < 0 || high > 31) return true;
    for (int64_t word = low; word <= high; ++word) {
        if (filter.words >> word & 1) return true;
    }
    return false;
}

// True: all rows of the block match, as far as columns with one value only tell.
bool must_match(const Filter& filter, const Block& block) {
    auto child_must = [&](const Filter& child) { return must_match(child, block); };
    switch (filter.node) {
        case Filter::Node::kTrue:
            return true;
        case Filter::Node::kNot:
            return false;
        case Filter::Node::kAnd:
            return std::all_of(filter.children.begin(), filter.children.end(), child_must);
        case Filter::Node::kOr:
            return std::any_of(filter.children.begin(), filter.children.end(), child_must);
        case Filter::Node::kCompare:
            break;
    }
    if (filter.column.kind != Column::Kind::kNumber || filter.column.is_real()) return false;
    auto [low, high] = block.range(filter.column.number);
    if (low != high) return false;
    if (filter.column.is_word()) return (filter.words >> (low & 31) & 1) != 0;
    uint8_t match = 0;
    evaluate_whole(filter, [value = low](uint32_t) { return value; }, 1, &match);
    return match != 0;
}

}  // namespace

bool may_match(const Filter& filter, const Block& block, std::string_view tenant) {
    auto child_may = [&](const Filter& child) { return may_match(child, block, tenant); };
    switch (filter.node) {
        case Filter::Node::kTrue:
        case Filter::Node::kNot:
            return true;
        case Filter::Node::kAnd:
            return std::all_of(filter.children.begin(), filter.children.end(), child_may);
        case Filter::Node::kOr:
            return std::any_of(filter.children.begin(), filter.children.end(), child_may);
        case Filter::Node::kCompare:
            return compare_may_match(filter, block, tenant);
    }
    return true;
}

Result<void> evaluate(const Filter& filter, Block& block, std::string_view tenant,
                      std::vector<uint8_t>& matches) {
    matches.resize(block.rows());
    switch (filter.node) {
        case Filter::Node::kTrue:
            std::fill(matches.begin(), matches.end(), uint8_t{1});
            return {};
        case Filter::Node::kAnd:
        case Filter::Node::kOr:
            return evaluate_joined(filter, block, tenant, matches);
        case Filter::Node::kNot: {
            Result<void> inner = evaluate(filter.children[0], block, tenant, matches);
            for (uint8_t& match : matches) match ^= 1;
            return inner;
        }
        case Filter::Node::kCompare:
            break;
    }
    ColumnSet columns;
    filter.column.add_to(columns);
    Result<void> loaded = block.load(columns);
    if (!loaded) return loaded;
    evaluate_compare(filter, block, tenant, matches.data());
    return {};
}

bool RowFilter::may_match(const Block& block) const {
    auto [first, last] = block.range(Number::kTime);
    if (last < from_us || first >= to_us) return false;
    return recorder::may_match(where, block, tenant);
}

Result<void> RowFilter::select(Block& block, std::vector<uint16_t>& rows) const {
    auto [first, last] = block.range(Number::kTime);
    bool is_inside = first >= from_us && last < to_us;
    if (is_inside && must_match(where, block)) {
        rows.resize(block.rows());
        std::iota(rows.begin(), rows.end(), uint16_t{0});
        return text.empty() ? Result<void>() : search(block, rows);
    }
    rows.clear();
    std::vector<uint8_t> matches;
    Result<void> evaluated = evaluate(where, block, tenant, matches);
    if (!evaluated) return evaluated;
    if (!is_inside) {
        ColumnSet time;
        time.add(Number::kTime);
        Result<void> loaded = block.load(time);
        if (!loaded) return loaded;
        const int64_t* times = block.numbers(Number::kTime);
        for (uint32_t i = 0; i < block.rows(); ++i)
            matches[i] &= times[i] >= from_us && times[i] < to_us ? 1 : 0;
    }
    // Without a branch: matches are as good as random.
    rows.resize(block.rows() + 1);
    size_t count = 0;
    for (uint32_t i = 0; i < block.rows(); ++i) {
        rows[count] = static_cast<uint16_t>(i);
        count += matches[i];
    }
    rows.resize(count);
    return text.empty() || rows.empty() ? Result<void>() : search(block, rows);
}

Result<void> RowFilter::search(Block& block, std::vector<uint16_t>& rows) const {
    ColumnSet names;
    names.add(Text::kName);
    Result<void> loaded = block.load(names);
    if (loaded) loaded = block.load_attributes(rows.data(), rows.size());
    if (!loaded) return loaded;
    TextColumn name = block.texts(Text::kName);
    std::vector<uint8_t> name_matches(name.dictionary->size());
    for (uint32_t code = 0; code < name_matches.size(); ++code) {
        name_matches[code] = contains_ignore_case(name.dictionary->at(code), text);
    }
    std::erase_if(rows, [&](uint16_t row) {
        return name_matches[name.codes[row]] == 0 && !contains_ignore_case(block.attributes(row), text);
    });
    return {};
}

}  // namespace nightshift::recorder
