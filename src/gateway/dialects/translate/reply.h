#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "gateway/dialects/dialect.h"

// A whole answer in no dialect's words.
namespace nightshift::gateway::translate {

struct ReplyCall {
    std::string id;
    std::string name;
    std::string arguments;  // a JSON object
};

struct Reply {
    std::string id;
    std::string model;
    std::string text;
    std::string reasoning;
    std::vector<ReplyCall> calls;
    Finish finish = Finish::kStop;
    Usage usage;
    int64_t created_s = 0;
};

// kCorrupt when the body is no such answer. Usage and ids come from read_answer().
Result<Reply> read_chat_reply(const boost::json::object& body);
Result<Reply> read_messages_reply(const boost::json::object& body);
Result<Reply> read_ollama_reply(const boost::json::object& body);

std::string write_chat_reply(const Reply& reply);
std::string write_messages_reply(const Reply& reply);
std::string write_ollama_reply(const Reply& reply);

}  // namespace nightshift::gateway::translate
