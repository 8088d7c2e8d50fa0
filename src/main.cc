#include "cli/main.h"

int main(int argc, char** argv) {
    return nightshift::cli::run(argc, argv);
}
