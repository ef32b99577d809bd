/* SPDX-License-Identifier: MIT */
/*
 * Runs one command with a time limit and leaves none of its processes behind.
 *
 *     watch [--timeout S] [--frames --console FILE --errors FILE [--save FILE]...] -- COMMAND...
 *
 * Without --frames the command's output and exit code pass through. With it the command is an
 * emulator whose standard output carries the frames of a guest (frames.h): the program's output
 * and exit code are taken from them, and the emulator is ended as soon as the code is there.
 * --console and --errors name the guest's console and the emulator's messages, which are shown
 * when something went wrong; the n-th --save names where the guest's n-th file goes.
 *
 * Exit codes of its own: 124 time is up, 125 the guest did not boot or died, 2 wrong use.
 */
#define _GNU_SOURCE
#include "frames.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SAVES = 32, TAIL_LINES = 40, RUNNING = -1 };

static struct {
    long timeout;
    int frames;
    const char *console;
    const char *errors;
    const char *save[MAX_SAVES];
    int saves;
    char **command;
} options = {.timeout = 120};

static struct {
    unsigned char bytes[1 << 16];
    size_t length;
    int started;
    int code; /* the program's exit code, or RUNNING */
    FILE *file[MAX_SAVES];
} guest = {.code = RUNNING};

static pid_t child;

static void end_child(void)
{
    if (child > 0) {
        kill(-child, SIGKILL);
        waitpid(child, NULL, 0);
        child = 0;
    }
}

static void fail(int code, const char *sentence)
{
    fprintf(stderr, "watch: %s\n", sentence);
    end_child();
    exit(code);
}

static void show_tail(const char *title, const char *path)
{
    char *line = NULL;
    size_t room = 0;
    char *tail[TAIL_LINES] = {NULL};
    unsigned long count = 0;
    FILE *file = path != NULL ? fopen(path, "r") : NULL;
    if (file == NULL) {
        return;
    }
    while (getline(&line, &room, file) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        free(tail[count % TAIL_LINES]);
        tail[count++ % TAIL_LINES] = strdup(line);
    }
    unsigned long from = count > TAIL_LINES ? count - TAIL_LINES : 0;
    for (unsigned long i = from; i < count; i++) {
        const char *text = tail[i % TAIL_LINES];
        fprintf(stderr, "%s%s| %s\n", i == from ? title : "", i == from ? "\n" : "",
                text != NULL ? text : "");
    }
    free(line);
    fclose(file);
}

static void put(int to, const unsigned char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t done = write(to, bytes, length);
        if (done < 0 && errno != EINTR) {
            /* Nobody reads our output any more: the exit code still counts. */
            return;
        }
        if (done > 0) {
            bytes += done;
            length -= (size_t)done;
        }
    }
}

static void take_file(int kind, const unsigned char *payload, size_t length)
{
    int index = length > 0 ? payload[0] : MAX_SAVES;
    if (index >= options.saves) {
        fail(125, "The guest sent a file that nobody asked for.");
    }
    if (kind == FRAME_NOFILE) {
        fprintf(stderr, "watch: The program did not write the file meant for %s.\n",
                options.save[index]);
        return;
    }
    if (guest.file[index] == NULL) {
        guest.file[index] = fopen(options.save[index], "wb");
    }
    if (guest.file[index] == NULL ||
        fwrite(payload + 1, 1, length - 1, guest.file[index]) != length - 1) {
        fprintf(stderr, "watch: Cannot write %s: %s.\n", options.save[index], strerror(errno));
        fail(125, "A file of the guest could not be kept.");
    }
}

static void take_frame(int kind, const unsigned char *payload, size_t length)
{
    switch (kind) {
    case FRAME_START:
        guest.started = 1;
        break;
    case FRAME_STDOUT:
        put(1, payload, length);
        break;
    case FRAME_STDERR:
        put(2, payload, length);
        break;
    case FRAME_FILE:
    case FRAME_NOFILE:
        take_file(kind, payload, length);
        break;
    case FRAME_EXIT:
        guest.code = length == 1 ? payload[0] : 125;
        break;
    default:
        fail(125, "The guest sent a frame of an unknown kind.");
    }
}

/* Takes every whole frame off the front. Other bytes (a port's first noise) are dropped. */
static void take_frames(void)
{
    size_t at = 0;
    while (guest.length - at >= FRAME_HEADER && guest.code == RUNNING) {
        const unsigned char *frame = guest.bytes + at;
        size_t length = frame[3] | (size_t)frame[4] << 8 | (size_t)frame[5] << 16;
        if (frame[0] != FRAME_MAGIC0 || frame[1] != FRAME_MAGIC1 || length > FRAME_MAX) {
            at++;
            continue;
        }
        if (guest.length - at < FRAME_HEADER + length) {
            break;
        }
        take_frame(frame[2], frame + FRAME_HEADER, length);
        at += FRAME_HEADER + length;
    }
    memmove(guest.bytes, guest.bytes + at, guest.length - at);
    guest.length -= at;
}

/* Returns 0 at the end of the command's output. */
static int read_frames(int from)
{
    ssize_t length = read(from, guest.bytes + guest.length, sizeof(guest.bytes) - guest.length);
    if (length < 0 && errno == EINTR) {
        return 1;
    }
    if (length <= 0) {
        return 0;
    }
    guest.length += (size_t)length;
    take_frames();
    return 1;
}

static void become_command(int out, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* Even when this watcher is killed outright, the command must not live on. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    if (getppid() != parent) {
        _exit(125);
    }
    if (options.frames) {
        int null = open("/dev/null", O_RDONLY);
        int log = options.errors != NULL
                      ? open(options.errors, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)
                      : 2;
        if (null < 0 || log < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(log, 2) < 0) {
            _exit(125);
        }
    }
    execvp(options.command[0], options.command);
    dprintf(2, "watch: Cannot run %s: %s.\n", options.command[0], strerror(errno));
    _exit(127);
}

static long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void time_is_up(void)
{
    end_child();
    if (options.frames && !guest.started) {
        fprintf(stderr, "watch: The guest did not boot within %ld s.\n", options.timeout);
        show_tail("its console ended with", options.console);
        show_tail("the emulator said", options.errors);
        exit(125);
    }
    fprintf(stderr, "watch: The program did not finish within %ld s and was ended.\n",
            options.timeout);
    exit(124);
}

static int guest_result(void)
{
    end_child();
    for (int i = 0; i < options.saves; i++) {
        if (guest.file[i] != NULL && fclose(guest.file[i]) != 0) {
            fail(125, "A file of the guest could not be kept.");
        }
    }
    if (guest.code == RUNNING) {
        fprintf(stderr, "watch: The guest %s.\n",
                guest.started ? "died before the program ended" : "did not boot");
        show_tail("its console ended with", options.console);
        show_tail("the emulator said", options.errors);
        return 125;
    }
    return guest.code;
}

/* A signal: SIGCHLD ends plain runs, anything else asks us to stop. Returns RUNNING to go on. */
static int take_signal(int signals)
{
    struct signalfd_siginfo info;
    int status;
    if (read(signals, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
        return RUNNING;
    }
    if (info.ssi_signo != SIGCHLD) {
        end_child();
        exit(128 + (int)info.ssi_signo);
    }
    if (options.frames || waitpid(child, &status, WNOHANG) != child) {
        return RUNNING;
    }
    kill(-child, SIGKILL);
    child = 0;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run(void)
{
    int out[2];
    int code = RUNNING;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    pid_t self = getpid();
    if (signals < 0 || pipe2(out, O_CLOEXEC) != 0 || (child = fork()) < 0) {
        fail(125, "Cannot start the command.");
    }
    if (child == 0) {
        signal(SIGPIPE, SIG_DFL);
        become_command(out[1], self);
    }
    close(out[1]);
    long deadline = milliseconds() + options.timeout * 1000;
    struct pollfd fds[2] = {{signals, POLLIN, 0}, {options.frames ? out[0] : -1, POLLIN, 0}};
    while (code == RUNNING) {
        long left = deadline - milliseconds();
        if (left <= 0) {
            time_is_up();
        }
        poll(fds, 2, (int)(left < 1000000 ? left : 1000000));
        if (fds[0].revents != 0) {
            code = take_signal(signals);
        }
        if (fds[1].revents != 0 && (!read_frames(out[0]) || guest.code != RUNNING)) {
            return guest_result();
        }
    }
    return code;
}

static int wrong_use(void)
{
    fputs("use: watch [--timeout S] [--frames --console FILE --errors FILE [--save FILE]...]"
          " -- COMMAND...\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    int i = 1;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--frames") == 0) {
            options.frames = 1;
            continue;
        }
        if (value == NULL) {
            return wrong_use();
        }
        if (strcmp(argv[i], "--timeout") == 0) {
            options.timeout = strtol(value, NULL, 10);
        } else if (strcmp(argv[i], "--console") == 0) {
            options.console = value;
        } else if (strcmp(argv[i], "--errors") == 0) {
            options.errors = value;
        } else if (strcmp(argv[i], "--save") == 0 && options.saves < MAX_SAVES) {
            options.save[options.saves++] = value;
        } else {
            return wrong_use();
        }
        i++;
    }
    if (i + 1 >= argc || options.timeout <= 0) {
        return wrong_use();
    }
    options.command = argv + i + 1;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    return run();
}
