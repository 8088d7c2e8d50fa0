# ns_precompile(<target> code|tests)
#
# The sanitizers' builds read the common headers once: it saves a third of their time. The release build does not, so that
# every file proves that it includes what it needs. base stays out: it does not link Asio, which the common headers name.
function(ns_precompile target kind)
  if(NS_SANITIZE STREQUAL "" OR target MATCHES "^(ns_base|base_test)$")
    return()
  endif()
  if(NOT TARGET ns_precompiled_${kind})
    set(headers <algorithm> <array> <atomic> <chrono> <filesystem> <functional> <map> <memory> <mutex> <optional> <string>
                <string_view> <thread> <unordered_map> <vector> <boost/asio/awaitable.hpp> <boost/json.hpp> <fmt/format.h>)
    if(kind STREQUAL "tests")
      list(APPEND headers <gmock/gmock.h> <gtest/gtest.h>)
    endif()
    set(empty ${CMAKE_BINARY_DIR}/precompiled_${kind}.cc)
    file(WRITE ${empty} "")
    add_library(ns_precompiled_${kind} OBJECT ${empty})
    target_link_libraries(ns_precompiled_${kind} PRIVATE fmt::fmt GTest::gtest GTest::gmock)
    target_precompile_headers(ns_precompiled_${kind} PRIVATE ${headers})
  endif()
  target_precompile_headers(${target} REUSE_FROM ns_precompiled_${kind})
endfunction()
