/* SPDX-License-Identifier: MIT */
/* Physical memory, page by page. */
#include "common.h"

#include <string.h>

/* Pages that came back hang on a list whose links lie in the pages themselves; the others were
 * never used and are taken in order. */
static struct platform_lock lock;
static uintptr_t returned;
static uintptr_t fresh;
static uintptr_t end;
static size_t taken;

__attribute__((weak)) void platform_page_zero(uintptr_t page)
{
    memset((void *)page, 0, KG_PAGE_BYTES);
}

void platform_pages_start(uintptr_t memory, size_t bytes)
{
    uintptr_t mask = KG_PAGE_BYTES - 1;
    fresh = (memory + mask) & ~mask;
    end = (memory + bytes) & ~mask;
}

/* Also used in traps, so nothing on this CPU may interrupt who holds the lock. */
static uint64_t lock_pages(void)
{
    uint64_t before = platform_interrupts_off();
    platform_lock_take(&lock);
    return before;
}

static void unlock_pages(uint64_t before)
{
    platform_lock_give(&lock);
    platform_interrupts_restore(before);
}

static uintptr_t take_fresh(size_t count)
{
    if (fresh > end || (end - fresh) / KG_PAGE_BYTES < count) {
        return 0;
    }
    uintptr_t page = fresh;
    fresh += count * KG_PAGE_BYTES;
    taken += count;
    return page;
}

/* A page that came back is zero already, but for the link. */
uintptr_t platform_page_take(void)
{
    uint64_t before = lock_pages();
    uintptr_t page = returned;
    uintptr_t unused = 0;
    if (page != 0) {
        memcpy(&returned, (const void *)page, sizeof returned);
        taken++;
    } else {
        unused = take_fresh(1);
    }
    unlock_pages(before);
    if (page != 0) {
        memset((void *)page, 0, sizeof returned);
    } else if (unused != 0) {
        platform_page_zero(unused);
        page = unused;
    }
    return page;
}

/* Several only from what was never used: what came back lies anywhere. */
uintptr_t platform_pages_take(size_t count)
{
    if (count == 1) {
        return platform_page_take();
    }
    uint64_t before = lock_pages();
    uintptr_t first = take_fresh(count);
    unlock_pages(before);
    for (size_t i = 0; first != 0 && i < count; i++) {
        platform_page_zero(first + i * KG_PAGE_BYTES);
    }
    return first;
}

/* Zeroed at once: the link must be written without regard to the tags the page had. */
void platform_page_give(uintptr_t page)
{
    platform_page_zero(page);
    uint64_t before = lock_pages();
    memcpy((void *)page, &returned, sizeof returned);
    returned = page;
    taken--;
    unlock_pages(before);
}

size_t platform_pages_taken(void)
{
    return __atomic_load_n(&taken, __ATOMIC_RELAXED);
}
