/* SPDX-License-Identifier: MIT */
/* Data and script for gnuplot; bench/collect runs it and removes both. */
#include "report.h"

#include <inttypes.h>
#include <string.h>

static void null_data(const struct results *results, const char *folder)
{
    FILE *file = open_file(folder, "crossing.null.dat", "w");
    for (size_t i = 0; places[i] != NULL; i++) {
        if (strncmp(places[i], "guest-", 6) != 0) {
            continue;
        }
        for (size_t j = 1; backends[j] != NULL; j++) {
            const struct row *row = find(results, places[i], "null", backends[j]);
            if (row != NULL) {
                fprintf(file, "\"%s %s\" %" PRId64 "\n", places[i] + 6, backends[j],
                        above_direct(results, row));
            }
        }
    }
    fclose(file);
}

/* One block for each way of passing memory: bytes, instructions. */
static void size_data(const struct results *results, const char *folder, const char *place,
                      const char *backend)
{
    static const char *const ways[] = {"give-%s", "give-%s-window", "copy-%s"};
    static const struct {
        const char *name;
        unsigned long bytes;
    } sizes[] = {{"64", 64}, {"4k", 4096}, {"64k", 65536}, {"1m", 1048576}};
    char name[64], work[64];
    snprintf(name, sizeof name, "crossing.%s.dat", backend);
    FILE *file = open_file(folder, name, "w");
    for (size_t i = 0; i < 4; i++) {
        fprintf(file, "%lu", sizes[i].bytes);
        for (size_t j = 0; j < 3; j++) {
            snprintf(work, sizeof work, ways[j], sizes[i].name);
            const struct row *row = find(results, place, work, backend);
            if (row != NULL) {
                fprintf(file, " %" PRIu64, total(row));
            } else {
                fputs(" NaN", file);
            }
        }
        fputc('\n', file);
    }
    fclose(file);
}

void write_plot(const struct results *results, const char *folder)
{
    null_data(results, folder);
    size_data(results, folder, "guest-x86_64", "pkey");
    size_data(results, folder, "guest-aarch64", "mte");
    FILE *file = open_file(folder, "crossing.gnuplot", "w");
    fputs("set terminal svg size 1100,480 noenhanced font 'sans-serif,12' background 'white'\n"
          "set output 'crossing.svg'\n"
          "set multiplot layout 1,2\n"
          "set grid ytics lc rgb '#dddddd'\n"
          "set logscale y\n"
          "set format y '%.0f'\n"
          "set title 'Null crossing: instructions above a direct call'\n"
          "set style fill solid 0.8\n"
          "set boxwidth 0.6\n"
          "set xtics rotate by -40\n"
          "set yrange [10:*]\n"
          "plot 'crossing.null.dat' using 0:2:xtic(1) with boxes lc rgb '#4477aa' notitle, \\\n"
          "     '' using 0:2:2 with labels offset 0,0.7 notitle\n"
          "set title 'Passing a block of memory: instructions, crossing included'\n"
          "set xtics norotate\n"
          "set logscale x 2\n"
          "set xlabel 'bytes'\n"
          "set xtics ('64' 64, '4 KiB' 4096, '64 KiB' 65536, '1 MiB' 1048576)\n"
          "set yrange [50:*]\n"
          "set key left top\n"
          "plot 'crossing.pkey.dat' using 1:2 with lp lw 2 lc rgb '#4477aa' \\\n"
          "         title 'pkey give', \\\n"
          "     '' using 1:3 with lp lw 2 lc rgb '#66ccee' title 'pkey give, window', \\\n"
          "     '' using 1:4 with lp lw 2 dt 2 lc rgb '#4477aa' title 'pkey copy', \\\n"
          "     'crossing.mte.dat' using 1:2 with lp lw 2 lc rgb '#cc6677' title 'mte give', \\\n"
          "     '' using 1:4 with lp lw 2 dt 2 lc rgb '#cc6677' title 'mte copy'\n"
          "unset multiplot\n",
          file);
    fclose(file);
}
