/* SPDX-License-Identifier: MIT */
/* Which processors there are: from the firmware's tables (ACPI 6.4, 5.2), or where a machine has
 * none, from QEMU's configuration device. Runs on the first page tables, which map 4 GiB. */
#include "machine.h"

#include <string.h>

#define MAPPED UINT64_C(0x100000000)

#define RSDP_RSDT 16u
#define RSDP_REVISION 15u
#define RSDP_XSDT 24u
#define TABLE_LENGTH 4u
#define TABLE_HEADER 36u
#define TABLES_LENGTH_MAX 0x100000u
#define MADT_ENTRIES 44u
#define MADT_LOCAL_APIC 0u
#define LOCAL_APIC_BYTES 8u
#define LOCAL_APIC_IDENTIFIER 3u
#define LOCAL_APIC_FLAGS 4u
#define LOCAL_APIC_ENABLED 1u

/* QEMU's docs/specs/fw_cfg. */
#define CONFIG_SELECT 0x510u
#define CONFIG_DATA 0x511u
#define CONFIG_SIGNATURE 0u
#define CONFIG_CPUS 5u

struct list {
    uint32_t *identifiers;
    uint32_t count;
    uint32_t max;
};

static void add(struct list *list, uint32_t identifier)
{
    if (list->count < list->max && identifier != list->identifiers[0]) {
        list->identifiers[list->count++] = identifier;
    }
}

static uint64_t read(uintptr_t at, size_t bytes)
{
    uint64_t value = 0;
    memcpy(&value, (const void *)at, bytes);
    return value;
}

/* The table's length, or 0 when it is none of that name, damaged, or out of reach. */
static uint32_t table_length(uint64_t at, const char *name)
{
    if (at == 0 || at > MAPPED - TABLES_LENGTH_MAX ||
        memcmp((const void *)(uintptr_t)at, name, 4) != 0) {
        return 0;
    }
    uint32_t length = (uint32_t)read(at + TABLE_LENGTH, 4);
    if (length < TABLE_HEADER || length > TABLES_LENGTH_MAX) {
        return 0;
    }
    uint8_t sum = 0;
    for (uint32_t i = 0; i < length; i++) {
        sum = (uint8_t)(sum + read(at + i, 1));
    }
    return sum == 0 ? length : 0;
}

static void read_madt(uintptr_t madt, uint32_t length, struct list *list)
{
    uint32_t at = MADT_ENTRIES;
    while (at + 2 <= length) {
        uint32_t kind = (uint32_t)read(madt + at, 1);
        uint32_t bytes = (uint32_t)read(madt + at + 1, 1);
        if (bytes < 2 || at + bytes > length) {
            return;
        }
        if (kind == MADT_LOCAL_APIC && bytes >= LOCAL_APIC_BYTES &&
            (read(madt + at + LOCAL_APIC_FLAGS, 4) & LOCAL_APIC_ENABLED) != 0) {
            add(list, (uint32_t)read(madt + at + LOCAL_APIC_IDENTIFIER, 1));
        }
        at += bytes;
    }
}

static bool read_tables(uintptr_t rsdp, struct list *list)
{
    if (rsdp == 0 || rsdp > MAPPED - TABLES_LENGTH_MAX ||
        memcmp((const void *)rsdp, "RSD PTR ", 8) != 0) {
        return false;
    }
    bool wide = read(rsdp + RSDP_REVISION, 1) >= 2;
    uint64_t root = wide ? read(rsdp + RSDP_XSDT, 8) : read(rsdp + RSDP_RSDT, 4);
    uint32_t width = wide ? 8 : 4;
    uint32_t length = table_length(root, wide ? "XSDT" : "RSDT");
    for (uint32_t at = TABLE_HEADER; at + width <= length; at += width) {
        uint64_t table = read(root + at, width);
        uint32_t bytes = table_length(table, "APIC");
        if (bytes != 0) {
            read_madt(table, bytes, list);
            return true;
        }
    }
    return false;
}

static void configuration(uint16_t item, uint8_t *data, size_t bytes)
{
    out16(CONFIG_SELECT, item);
    for (size_t i = 0; i < bytes; i++) {
        data[i] = in8(CONFIG_DATA);
    }
}

/* QEMU numbers the processors of a plain -smp n from 0 on. */
static void read_configuration(struct list *list)
{
    uint8_t signature[4];
    uint8_t count[2];
    configuration(CONFIG_SIGNATURE, signature, sizeof signature);
    if (memcmp(signature, "QEMU", sizeof signature) != 0) {
        return;
    }
    configuration(CONFIG_CPUS, count, sizeof count);
    for (uint32_t i = 0; i < (uint32_t)(count[0] | count[1] << 8); i++) {
        add(list, i);
    }
}

uint32_t platform_apics_find(uintptr_t rsdp, uint32_t *identifiers, uint32_t max)
{
    struct list list = {identifiers, 1, max};
    identifiers[0] = cpuid(1, 0).ebx >> 24;
    if (!read_tables(rsdp, &list)) {
        read_configuration(&list);
    }
    return list.count;
}
