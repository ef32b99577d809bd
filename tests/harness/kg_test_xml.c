/* SPDX-License-Identifier: MIT */
/* The XML report, in googletest's dialect of JUnit. */
#include "kg_test_run.h"

#include <inttypes.h>

/* Plain ASCII is valid in any encoding; other bytes, which may be no UTF-8, are spelled out. */
static void xml_print_escaped(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte == '<' || byte == '>' || byte == '&' || byte == '"' || byte == '\'' ||
            byte == '\n' || byte == '\t') {
            kg_test_print(KG_TEST_XML, "&#%u;", byte);
        } else if (byte < 0x20 || byte >= 0x7f) {
            kg_test_print(KG_TEST_XML, "\\x%02x", byte);
        } else {
            kg_test_port_write(KG_TEST_XML, text, 1);
        }
    }
}

static void xml_print_totals(const char *element, const char *name, struct kg_test_totals totals)
{
    kg_test_print(KG_TEST_XML, "<%s name=\"%s\" tests=\"%u\" failures=\"%u\" skipped=\"%u\"",
                  element, name, totals.tests, totals.failed, totals.skipped);
    kg_test_print(KG_TEST_XML, " disabled=\"0\" errors=\"0\" time=\"%" PRIu64 ".%03u\">\n",
                  totals.time_ms / 1000, (unsigned)(totals.time_ms % 1000));
}

static void xml_print_test(const struct kg_test_case *test)
{
    bool is_skip = test->result == GREATEST_TEST_RES_SKIP;

    kg_test_print(KG_TEST_XML, "    <testcase name=\"%s\" classname=\"%s\" file=\"", test->name,
                  test->suite);
    xml_print_escaped(test->file);
    kg_test_print(KG_TEST_XML, "\" line=\"%u\" status=\"run\" result=\"%s\"", test->line,
                  is_skip ? "skipped" : "completed");
    kg_test_print(KG_TEST_XML, " time=\"%" PRIu64 ".%03u\"", test->time_ms / 1000,
                  (unsigned)(test->time_ms % 1000));
    if (test->result == GREATEST_TEST_RES_PASS) {
        kg_test_print(KG_TEST_XML, "/>\n");
        return;
    }
    kg_test_print(KG_TEST_XML, ">\n      <%s message=\"", is_skip ? "skipped" : "failure");
    xml_print_escaped(test->message);
    kg_test_print(KG_TEST_XML, "\"%s/>\n    </testcase>\n", is_skip ? "" : " type=\"\"");
}

bool kg_test_xml_write(const struct kg_test_case *tests)
{
    kg_test_print(KG_TEST_XML, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml_print_totals("testsuites", "AllTests", kg_test_totals(tests, NULL));
    while (tests != NULL) {
        const struct kg_test_case *end = kg_test_suite_end(tests);

        kg_test_print(KG_TEST_XML, "  ");
        xml_print_totals("testsuite", tests->suite, kg_test_totals(tests, end));
        for (; tests != end; tests = tests->next) {
            xml_print_test(tests);
        }
        kg_test_print(KG_TEST_XML, "  </testsuite>\n");
    }
    kg_test_print(KG_TEST_XML, "</testsuites>\n");
    return kg_test_port_close();
}
