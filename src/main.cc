#include <string_view>

#include "cli/main.h"
#include "jobs/runner/keep.h"

int main(int argc, char** argv) {
    // A keeper stays as long as the command it keeps: it takes nothing of the rest of the program.
    if (argc == 3 && std::string_view(argv[1]) == "keep") return nightshift::jobs::keep(argv[2]);
    return nightshift::cli::run(argc, argv);
}
