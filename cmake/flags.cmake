# One set of flags for every target: warnings are errors, frames are kept for profilers, mold links.
add_compile_options(-Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Wunused -Woverloaded-virtual
                    -pthread -fno-omit-frame-pointer
                    -Wno-missing-designated-field-initializers)  # options structs name only what differs
add_link_options(-fuse-ld=mold)
if(NOT NS_SANITIZE STREQUAL "")
  add_compile_options(-fsanitize=${NS_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${NS_SANITIZE})
  # The compiler cache can keep precompiled headers only without their time.
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()
if(NS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Two compilers at once fit a small machine; links take more memory than compiles.
set_property(GLOBAL PROPERTY JOB_POOLS link=1)
set(CMAKE_JOB_POOL_LINK link)

# Asio is compiled once, in io/asio_impl.cc.
add_compile_definitions(BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_USE_STD_STRING_VIEW
                        SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL)
include_directories(${CMAKE_SOURCE_DIR}/src)
