/* SPDX-License-Identifier: MIT */
/*
 * Makes a report of what the benchmark and the counting plugin wrote.
 *
 *     bench_report report OUT                         OUT/raw/... to tables, JSON, text and plot
 *     bench_report check EXPECTED PLACE ROWS COUNTS   1 when a count rose
 *     bench_report expect PLACE ROWS COUNTS           the lines for EXPECTED
 */
#include "report.h"

#include <string.h>

int main(int argc, char **argv)
{
    struct results results = {0};
    if (argc == 3 && strcmp(argv[1], "report") == 0) {
        load_all(&results, argv[2]);
        write_json(&results, argv[2]);
        write_text(&results, argv[2]);
        write_plot(&results, argv[2]);
        write_tables(&results, stdout);
        return 0;
    }
    if (argc == 6 && strcmp(argv[1], "check") == 0) {
        load_place(&results, argv[3], argv[4], argv[5]);
        return check(&results, argv[2], argv[3]);
    }
    if (argc == 5 && strcmp(argv[1], "expect") == 0) {
        load_place(&results, argv[2], argv[3], argv[4]);
        expect(&results, argv[2]);
        return 0;
    }
    fail("use: bench_report report OUT | check EXPECTED PLACE ROWS COUNTS | "
         "expect PLACE ROWS COUNTS");
}
