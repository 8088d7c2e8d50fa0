#pragma once

namespace nightshift::cli {

// Parses the command line and runs the command; the result is the process's exit code.
int run(int argc, char** argv);

}  // namespace nightshift::cli
