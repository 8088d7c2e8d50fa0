# ns_precompile(<target> code|tests)
#
# The sanitizers' builds read the common headers once: it saves a third of their time. The release build does not, so that
# every file proves that it includes what it needs. base stays out: it does not link Asio, which the common headers name.
# The header's name beside its precompiled form would only keep the compiler cache from serving other checkouts.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -Xclang -include-pch -Xclang <PCH_FILE>)
endif()

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
    ns_sum_of_precompiled(ns_precompiled_${kind} "${headers}")
  endif()
  target_precompile_headers(${target} REUSE_FROM ns_precompiled_${kind})
endfunction()

# ns_sum_of_precompiled(<target> <headers>)
#
# A precompiled header names the folder it was made in. What the compiler cache compares in its place is the sum of what it
# was made from, so that the cache serves every checkout.
function(ns_sum_of_precompiled target headers)
  list(TRANSFORM headers REPLACE "(.+)" "#include \\1")
  list(JOIN headers "\n" text)
  set(source ${CMAKE_BINARY_DIR}/${target}_sum.cc)
  file(WRITE ${source} "${text}\n")
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -E -P ${source} OUTPUT_VARIABLE preprocessed COMMAND_ERROR_IS_FATAL ANY)
  string(SHA256 sum "${CMAKE_CXX_COMPILER_VERSION} ${NS_SANITIZE} ${preprocessed}")
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${target}.dir/cmake_pch.hxx.pch.sum ${sum})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
               /usr/include/boost/version.hpp /usr/include/fmt/core.h /usr/include/gtest/gtest.h)
endfunction()
