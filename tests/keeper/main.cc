#include <string_view>

#include "jobs/runner/process.h"

int main(int argc, char** argv) {
    if (argc != 3 || std::string_view(argv[1]) != "keep") return 2;
    return nightshift::jobs::keep(argv[2]);
}
