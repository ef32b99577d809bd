/* SPDX-License-Identifier: MIT */
/* keygate/object.h: the same calls in the host and in a domain. In a domain they go out through
 * the monitor's service gates. */
#include "handles.h"

#define UNIT_BYTES 16u

int kg_object_create(const struct kg_object_options *options, kg_handle *handle)
{
    int status = kg_check_thread();
    if (status != 0) {
        return status;
    }
    if (options == NULL || handle == NULL) {
        return -KG_EARGUMENT;
    }
    struct kg_outcome outcome;
    if (kg_inside()) {
        outcome = kg_service_call(KG_SERVICE_OBJECT_CREATE, options->bytes,
                                  (uint64_t)options->kind, options->type);
    } else {
        outcome = kg_object_create_for(KG_OWNER_HOST, options->bytes, (uint64_t)options->kind,
                                       options->type);
    }
    if (outcome.status == 0) {
        *handle = outcome.value;
    }
    return (int)outcome.status;
}

int kg_object_drop(kg_handle handle)
{
    int status = kg_check_thread();
    if (status != 0) {
        return status;
    }
    if (kg_inside()) {
        return (int)kg_service_call(KG_SERVICE_OBJECT_DROP, handle, 0, 0).status;
    }
    return kg_object_drop_for(KG_OWNER_HOST, handle);
}

static int pin(kg_handle handle, bool add)
{
    int status = kg_check_thread();
    if (status != 0) {
        return status;
    }
    if (kg_inside()) {
        return (int)kg_service_call(KG_SERVICE_OBJECT_PIN, handle, add, 0).status;
    }
    return kg_object_pin_for(KG_OWNER_HOST, handle, add);
}

int kg_object_pin(kg_handle handle)
{
    return pin(handle, true);
}

int kg_object_unpin(kg_handle handle)
{
    return pin(handle, false);
}

void *kg_object_address(kg_handle handle)
{
    uint64_t unit = handle >> 36;
    if (handle == 0 || kg_sealed.active == NULL || unit >= KG_SHARED_BYTES / UNIT_BYTES) {
        return NULL;
    }
    return kg_active_pointer(kg_sealed.arena + unit * UNIT_BYTES, kg_domain_self());
}

int kg_object_info(kg_handle handle, struct kg_object_info *info)
{
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    if (info == NULL) {
        return -KG_EARGUMENT;
    }
    struct kg_object *object;
    kg_lock();
    status = kg_object_find(handle, &object);
    if (status == 0) {
        *info = (struct kg_object_info){
            .bytes = object->bytes,
            .type = object->type,
            .kind = object->kind,
            .owner = object->owner,
            .borrower = object->borrower,
            .pins = object->pins,
        };
    }
    kg_unlock();
    return status;
}

int kg_object_tag(kg_handle handle, size_t offset, uint32_t *owner, bool *readonly)
{
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    struct kg_object *object;
    kg_lock();
    status = kg_object_find(handle, &object);
    if (status == 0 && (offset >= object->bytes || owner == NULL || readonly == NULL)) {
        status = -KG_EARGUMENT;
    }
    if (status == 0) {
        enum kg_access access = KG_ACCESS_NONE;
        const char *at = (const char *)kg_object_memory(object) + offset;
        status = kg_active_tag_read(at, owner, &access);
        *readonly = access == KG_ACCESS_READ;
    }
    kg_unlock();
    return status;
}
