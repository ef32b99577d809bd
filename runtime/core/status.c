/* SPDX-License-Identifier: MIT */
#include <keygate/status.h>

static const struct {
    const char *name;
    const char *sentence;
} texts[KG_STATUS_COUNT] = {
#define TEXT(status, sentence) [status] = {#status, sentence}
    TEXT(KG_OK, "success"),
    TEXT(KG_EARGUMENT, "an argument is missing or out of range; see the function's comment"),
    TEXT(KG_ENOTREADY, "the monitor is not running; call kg_init first"),
    TEXT(KG_EALREADY, "the monitor is running already; call kg_exit before kg_init"),
    TEXT(KG_EUNPROTECTED,
         "strict mode, and no hardware backend runs here; kg-probe says why, or unset "
         "KEYGATE_STRICT"),
    TEXT(KG_EBACKEND, "the backend asked for is unknown or cannot run here; kg-probe lists them"),
    TEXT(KG_EFLAVOUR,
         "code built for another backend; build domain code with the soft flavour for `soft`, "
         "plain for all others, and say which there is in kg_options.build"),
    TEXT(KG_EPROOF,
         "a denial the backend promises was not seen; do not trust this machine's tags"),
    TEXT(KG_ESYSTEM, "the system refused a tag, permission, signal or timer call"),
    TEXT(KG_EMEMORY, "the system has no memory to map; free some or raise the limit"),
    TEXT(KG_ENOTAG, "every key or tag is taken; destroy a domain, or free other users' keys"),
    TEXT(KG_EGATES, "the gate table is full; destroy a domain with its gates"),
    TEXT(KG_EOBJECTS, "the object table is full; drop objects"),
    TEXT(KG_EHEAP, "the shared heap has no room of that size; drop objects"),
    TEXT(KG_ESTACKS, "the domain has no room for this thread's stack; use smaller stacks"),
    TEXT(KG_ETHREADS, "the thread table is full; detach a thread"),
    TEXT(KG_ENOWINDOW, "every window key is taken; drop a window object, or use re-keyed ones"),
    TEXT(KG_ETHREAD, "this thread is not attached; call kg_thread_attach"),
    TEXT(KG_EATTACHED, "this thread is attached already"),
    TEXT(KG_ECONTEXT, "not from a signal handler; set a flag and call later"),
    TEXT(KG_EINSIDE, "only the host may call this; inside a domain use a gate"),
    TEXT(KG_EDEPTH, "calls are nested too deeply; return from some first"),
    TEXT(KG_EDEAD, "the domain is dead; reload or destroy it"),
    TEXT(KG_EFAULTED, "the domain crashed during this call and is dead; kg_domain_report has why"),
    TEXT(KG_EDEADLINE, "the call ran past its deadline; the domain is dead"),
    TEXT(KG_EKILLED, "the domain died under this call by another thread's crash"),
    TEXT(KG_EBUSY, "calls into it are still under way; wait for them to return"),
    TEXT(KG_ELIVE, "the domain is alive and has no death to report or to recover from"),
    TEXT(KG_ECALLS, "as many calls are under way in it as it may have; call again, or allow more"),
    TEXT(KG_EARITY, "the gate takes another number of arguments; see its KG_ENTRY"),
    TEXT(KG_EHANDLE, "the handle was never given out"),
    TEXT(KG_ESTALE, "the object was dropped; the handle is out of date"),
    TEXT(KG_EOWNER, "the object belongs to somebody else"),
    TEXT(KG_ELENT, "the object is on loan; wait for the call it was lent to"),
    TEXT(KG_EPINNED, "the object is pinned for input or output; unpin it first"),
    TEXT(KG_ENOTPINNED, "the object is not pinned"),
    TEXT(KG_ETWICE, "one call names the same object twice"),
    TEXT(KG_EBUDGET, "the domain owns as much as its options allow; drop objects or allow more"),
    TEXT(KG_EWINDOW, "the window belongs to another thread's call chain"),
    TEXT(KG_EIMAGE, "the file is no image or a broken one; the refusal says where"),
    TEXT(KG_EVERIFY, "the image holds an instruction no domain may have; kg-verify shows it"),
    TEXT(KG_EIMPORT, "the image imports what was not granted; grant it, with as many arguments"),
    TEXT(KG_ENAME, "nothing goes by this name; publish a domain under it first"),
    TEXT(KG_ENAMES, "there are too many names or links; withdraw or close some"),
    TEXT(KG_EENTRY, "the image exports nothing of that name; kg-verify lists its entries"),
};

static int known(int status)
{
    if (status < 0 && status > -KG_STATUS_COUNT) {
        status = -status;
    }
    return status >= 0 && status < KG_STATUS_COUNT ? status : -1;
}

const char *kg_strerror(int status)
{
    int index = known(status);
    return index < 0 ? "not a status of this library" : texts[index].sentence;
}

const char *kg_status_name(int status)
{
    int index = known(status);
    return index < 0 ? "unknown" : texts[index].name;
}
