/* SPDX-License-Identifier: MIT */
/*
 * The first process of a guest: mounts what a program expects, runs it, and passes its output, the
 * files asked for and its exit code to the host as frames (frames.h). The host then ends the
 * machine, so nothing here powers off.
 *
 * /place/args, /place/env and /place/outs hold strings that each end with a zero byte.
 */
#define _GNU_SOURCE
#include "frames.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { MAX_STRINGS = 256 };

static int channel = -1;

/* Standard error is the console here, and the host shows the console when a guest fails. */
static void give_up(const char *what)
{
    fprintf(stderr, "guest_init: %s: %m\n", what);
    _exit(1);
}

static void put_all(const unsigned char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t done = write(channel, bytes, length);
        if (done <= 0) {
            give_up("write to the channel");
        }
        bytes += done;
        length -= (size_t)done;
    }
}

static void put_frame(enum frame_kind kind, const void *payload, size_t length)
{
    unsigned char frame[FRAME_HEADER + FRAME_MAX] = {FRAME_MAGIC0, FRAME_MAGIC1,
                                                     (unsigned char)kind};
    for (int i = 0; i < 4; i++) {
        frame[3 + i] = (unsigned char)(length >> (8 * i));
    }
    if (length > 0) {
        memcpy(frame + FRAME_HEADER, payload, length);
    }
    put_all(frame, FRAME_HEADER + length);
}

static void mount_all(void)
{
    static const char *const mounts[][2] = {
        {"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/dev/shm"},
    };
    for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
        mkdir(mounts[i][1], 0755);
        if (mount(mounts[i][0], mounts[i][1], mounts[i][0], 0, NULL) != 0) {
            give_up(mounts[i][1]);
        }
    }
}

/* Raw, so that bytes arrive as they were written: no echo, no carriage returns. */
static void open_channel(void)
{
    const char *name = getenv("place_channel");
    struct termios mode;
    channel = open(name != NULL ? name : "/dev/null", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (channel < 0 || tcgetattr(channel, &mode) != 0) {
        give_up("the channel to the host");
    }
    cfmakeraw(&mode);
    mode.c_cflag |= CLOCAL;
    if (tcsetattr(channel, TCSANOW, &mode) != 0) {
        give_up("the channel's mode");
    }
}

/* Reads a file of zero-ended strings into a list ended by NULL. The list is never freed. */
static char **read_strings(const char *path)
{
    static const size_t room = 1 << 16;
    char *text = calloc(1, room);
    char **list = calloc(MAX_STRINGS + 1, sizeof(*list));
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 || text == NULL ? -1 : read(file, text, room - 1);
    if (length < 0 || list == NULL) {
        give_up(path);
    }
    close(file);
    int count = 0;
    for (char *at = text; at < text + length && count < MAX_STRINGS; at += strlen(at) + 1) {
        list[count++] = at;
    }
    return list;
}

static void run_program(int out, int err)
{
    char **args = read_strings("/place/args");
    char **env = read_strings("/place/env");
    struct rlimit no_core = {0, 0};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setrlimit(RLIMIT_CORE, &no_core);
    setsid();
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) != 0 || dup2(out, 1) != 1 || dup2(err, 2) != 2 ||
        chdir("/tmp") != 0) {
        _exit(125);
    }
    close(null);
    execve(args[0], args, env);
    dprintf(2, "cannot run %s in the guest: %m\n", args[0]);
    _exit(127);
}

/* Passes on what the pipe holds. Returns 0 when it is at its end or has nothing for now. */
static int pass_on(int pipe_end, enum frame_kind kind)
{
    unsigned char bytes[FRAME_MAX];
    ssize_t length = read(pipe_end, bytes, sizeof(bytes));
    if (length <= 0) {
        return 0;
    }
    put_frame(kind, bytes, (size_t)length);
    return 1;
}

/* Reaps everything that ended. Returns the program's exit code, or -1 while it runs. */
static int reap(pid_t program)
{
    int code = -1;
    int status;
    pid_t who;
    while ((who = waitpid(-1, &status, WNOHANG)) > 0) {
        if (who == program) {
            code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        }
    }
    return code;
}

static int watch_program(pid_t program, int out, int err, int children)
{
    struct pollfd fds[3] = {{out, POLLIN, 0}, {err, POLLIN, 0}, {children, POLLIN, 0}};
    int code = -1;
    while (code < 0) {
        poll(fds, 3, -1);
        for (int i = 0; i < 2; i++) {
            if (fds[i].revents != 0 && !pass_on(fds[i].fd, i == 0 ? FRAME_STDOUT : FRAME_STDERR)) {
                fds[i].fd = -1;
            }
        }
        if (fds[2].revents != 0) {
            struct signalfd_siginfo info;
            if (read(children, &info, sizeof(info)) > 0) {
                code = reap(program);
            }
        }
    }
    /* What the program started and left behind ends with it. */
    kill(-1, SIGKILL);
    while (pass_on(out, FRAME_STDOUT)) {
    }
    while (pass_on(err, FRAME_STDERR)) {
    }
    return code;
}

static void send_files(void)
{
    char **outs = read_strings("/place/outs");
    for (unsigned char i = 0; outs[i] != NULL; i++) {
        unsigned char bytes[FRAME_MAX] = {i};
        int file = open(outs[i], O_RDONLY | O_CLOEXEC);
        if (file < 0) {
            put_frame(FRAME_NOFILE, &i, 1);
            continue;
        }
        put_frame(FRAME_FILE, bytes, 1);
        ssize_t length;
        while ((length = read(file, bytes + 1, sizeof(bytes) - 1)) > 0) {
            put_frame(FRAME_FILE, bytes, (size_t)length + 1);
        }
        close(file);
    }
}

int main(void)
{
    int out[2];
    int err[2];
    sigset_t child;
    mount_all();
    open_channel();
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    int children = signalfd(-1, &child, SFD_CLOEXEC);
    if (children < 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) {
        give_up("pipes");
    }
    /* Only the reading ends: a program must meet ordinary, blocking pipes. */
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    fcntl(err[0], F_SETFL, O_NONBLOCK);
    put_frame(FRAME_START, NULL, 0);
    pid_t program = fork();
    if (program < 0) {
        give_up("fork");
    }
    if (program == 0) {
        run_program(out[1], err[1]);
    }
    close(out[1]);
    close(err[1]);
    unsigned char code = (unsigned char)watch_program(program, out[0], err[0], children);
    send_files();
    put_frame(FRAME_EXIT, &code, 1);
    tcdrain(channel);
    for (;;) {
        pause();
    }
}
