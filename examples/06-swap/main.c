/* SPDX-License-Identifier: MIT */
/* Four threads call a service by its name while another domain takes its place, and back again. */
#include <keygate/keygate.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define CALLERS 4
#define SWAPS 6

extern const unsigned char greeter_1[], greeter_1_end[], greeter_1_soft[], greeter_1_soft_end[],
    greeter_2[], greeter_2_end[], greeter_2_soft[], greeter_2_soft_end[];

/* Each version is there in either flavour. */
static const struct image {
    const unsigned char *start, *end;
} plain[] = {{greeter_1, greeter_1_end}, {greeter_2, greeter_2_end}},
  soft[] = {{greeter_1_soft, greeter_1_soft_end}, {greeter_2_soft, greeter_2_soft_end}};

static struct kg_link *link_to_greeter;
static volatile int stop;
static unsigned long calls; /* by all callers */

struct caller {
    pthread_t thread;
    unsigned long answers[3]; /* by version */
    unsigned long wrong;
};

static void must(int status, const char *what)
{
    if (status != 0) {
        printf("%s: %s: %s\n", what, kg_status_name(status), kg_strerror(status));
        exit(1);
    }
}

static void *call_on(void *argument)
{
    struct caller *caller = argument;
    must(kg_thread_attach(), "attach");
    for (uint64_t question = 0; !stop; question++) {
        uint64_t value = 0;
        int status = kg_link_call(link_to_greeter, &value, question);
        uint64_t version = value - question * 10;
        if (status != 0 || version < 1 || version > 2) {
            caller->wrong++;
        } else {
            caller->answers[version]++;
        }
        __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    }
    must(kg_thread_detach(), "detach");
    return NULL;
}

static struct kg_domain *load(int version)
{
    const struct image *image = kg_backend() == KG_BACKEND_SOFT ? soft : plain;
    const struct kg_image_options options = {.name = version == 1 ? "version 1" : "version 2"};
    struct kg_domain *domain = NULL;
    struct kg_refusal why = {.text = ""};
    image += version - 1;
    int status = kg_image_load(image->start, (size_t)(image->end - image->start), &options, &domain,
                               &why);
    must(status, why.text);
    return domain;
}

/* Some more calls are made. */
static void let_them_call(void)
{
    unsigned long before = __atomic_load_n(&calls, __ATOMIC_RELAXED);
    while (__atomic_load_n(&calls, __ATOMIC_RELAXED) < before + 100) {
        sched_yield();
    }
}

/* The other version takes over; the old one goes when its last call is over. */
static void swap(int version)
{
    struct kg_domain *before = NULL;
    int status;
    must(kg_name_publish("greeter", load(version), &before), "publish");
    while ((status = kg_domain_destroy(before)) == -KG_EBUSY) {
        sched_yield();
    }
    must(status, "destroy");
}

int main(void)
{
    struct caller callers[CALLERS] = {{.wrong = 0}};
    unsigned long answers[3] = {0, 0, 0}, wrong = 0;
    const struct kg_options options = {.build = KG_BUILD_PLAIN | KG_BUILD_SOFT};
    must(kg_start(&options), "start");
    printf("backend: %s\n", kg_backend_name(kg_backend()));
    must(kg_name_publish("greeter", load(1), NULL), "publish");
    must(kg_link_open("greeter", "answer", NULL, &link_to_greeter), "link");
    for (int i = 0; i < CALLERS; i++) {
        if (pthread_create(&callers[i].thread, NULL, call_on, &callers[i]) != 0) {
            puts("no thread");
            return 1;
        }
    }
    for (int i = 0; i < SWAPS; i++) {
        let_them_call();
        swap(i % 2 == 0 ? 2 : 1);
    }
    let_them_call();
    stop = 1;
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        answers[1] += callers[i].answers[1];
        answers[2] += callers[i].answers[2];
        wrong += callers[i].wrong;
    }
    printf("%d swaps under %d callers\n", SWAPS, CALLERS);
    printf("both versions answered: %s\n", answers[1] > 0 && answers[2] > 0 ? "yes" : "no");
    printf("calls lost or answered by nobody: %lu\n", wrong);
    must(kg_link_close(link_to_greeter), "close");
    must(kg_name_withdraw("greeter"), "withdraw");
    uint64_t value;
    printf("by a closed link: %s\n",
           kg_status_name(kg_link_call(link_to_greeter, &value, 1)));
    must(kg_exit(), "exit");
    return wrong == 0 ? 0 : 1;
}
