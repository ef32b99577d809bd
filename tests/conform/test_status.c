/* SPDX-License-Identifier: MIT */
/* Every status has a name and a sentence, and every one can be provoked. */
#include "world.h"

#include <ctype.h>

KG_TEST(status, has_name_and_sentence)
{
    for (int status = 0; status < KG_STATUS_COUNT; status++) {
        const char *name = kg_status_name(-status);
        const char *text = kg_strerror(-status);
        KG_NOTE("status %d\n", status);
        KG_ASSERT(name != NULL && strncmp(name, status == 0 ? "KG_OK" : "KG_E", 4) == 0);
        KG_ASSERT(text != NULL && strlen(text) > 5);
        KG_ASSERT_STR(kg_status_name(status), name);
        KG_ASSERT_STR(kg_strerror(status), text);
        for (int other = 0; other < status; other++) {
            KG_ASSERT(strcmp(kg_status_name(other), name) != 0);
            KG_ASSERT(strcmp(kg_strerror(other), text) != 0);
        }
    }
    PASS();
}

KG_TEST(status, unknown_values_are_said_to_be)
{
    const int unknown[] = {KG_STATUS_COUNT, -KG_STATUS_COUNT, 1000, -1000, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        KG_ASSERT_STR(kg_status_name(unknown[i]), "unknown");
        KG_ASSERT(strlen(kg_strerror(unknown[i])) > 5);
    }
    PASS();
}

KG_TEST(status, causes_and_backends_have_names)
{
    for (int cause = 0; cause < KG_CAUSE_COUNT; cause++) {
        KG_ASSERT(islower((unsigned char)kg_cause_name((enum kg_cause)cause)[0]));
    }
    KG_ASSERT_STR(kg_cause_name(KG_CAUSE_COUNT), "unknown");
    KG_ASSERT_STR(kg_cause_name((enum kg_cause)-1), "unknown");
    for (int id = 0; id < KG_BACKEND_COUNT; id++) {
        KG_ASSERT(strlen(kg_backend_name((enum kg_backend_id)id)) >= 3);
    }
    KG_ASSERT_STR(kg_backend_name(KG_BACKEND_COUNT), "unknown");
    PASS();
}
