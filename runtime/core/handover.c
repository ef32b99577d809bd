/* SPDX-License-Identifier: MIT */
/* Objects change hands: by a call's arguments and result, and by the host's word. */
#include "handles.h"

/* Undoes the first `count` parts of a hand-over that could not be finished. */
static void roll_back(struct kg_handover *handover, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct kg_object *object = handover->parts[i].object;
        bool lent = handover->parts[i].kind == KG_LEND;
        (void)(lent ? kg_object_return(object)
                    : kg_object_move(object, handover->caller, KG_ACCESS_WRITE));
    }
}

/* Names the objects of a call and finds out whether all may go. Nothing has moved yet. */
static int collect(struct kg_handover *handover, const struct kg_gate *gate,
                   const uint64_t *arguments)
{
    for (uint32_t i = 0; i < gate->arguments; i++) {
        if (gate->kinds[i] == KG_VALUE) {
            continue;
        }
        struct kg_object *object;
        int status = kg_object_find(arguments[i], &object);
        if (status == 0) {
            status = kg_object_usable(object, handover->caller);
        }
        for (uint32_t j = 0; j < handover->count && status == 0; j++) {
            status = handover->parts[j].object == object ? -KG_ETWICE : 0;
        }
        if (status != 0) {
            return status;
        }
        handover->parts[handover->count].object = object;
        handover->parts[handover->count].kind = (enum kg_kind)gate->kinds[i];
        handover->count++;
        handover->lent += gate->kinds[i] == KG_LEND;
    }
    return 0;
}

/* All objects a call names go to the callee, or none. One re-tag ends the giver's access and
 * begins the receiver's; the receiver runs only after it has returned. */
int kg_handover_begin(struct kg_handover *handover, const struct kg_gate *gate, uint32_t caller,
                      const uint64_t *arguments)
{
    handover->caller = caller;
    handover->callee = gate->slot;
    handover->count = 0;
    handover->lent = 0;
    kg_lock();
    int status = collect(handover, gate, arguments);
    uint32_t moved = 0;
    while (status == 0 && moved < handover->count) {
        struct kg_object *object = handover->parts[moved].object;
        bool lent = handover->parts[moved].kind == KG_LEND;
        status = kg_object_move(object, gate->slot, lent ? KG_ACCESS_READ : KG_ACCESS_WRITE);
        if (status == 0) {
            if (lent) {
                object->borrower = gate->slot;
            }
            moved++;
        }
    }
    if (status != 0) {
        roll_back(handover, moved);
        handover->count = 0;
    }
    for (uint32_t i = 0; i < handover->count; i++) {
        if (handover->parts[i].kind == KG_GIVE) {
            kg_object_own(handover->parts[i].object, gate->slot);
        }
    }
    kg_unlock();
    return status;
}

/* What a call was to give goes back to its caller: the callee never ran. */
void kg_handover_give_back(kg_handle handle, uint32_t caller, uint32_t callee)
{
    struct kg_object *object;
    kg_lock();
    if (kg_object_find(handle, &object) == 0 && object->owner == callee &&
        kg_object_move(object, caller, KG_ACCESS_WRITE) == 0) {
        kg_object_own(object, caller);
    }
    kg_unlock();
}

/* Whether a call that ended with this status can have run the callee. */
bool kg_callee_ran(int64_t status)
{
    return status == 0 || status == -KG_EFAULTED || status == -KG_EDEADLINE ||
           status == -KG_EKILLED;
}

static void give_result(struct kg_handover *handover, struct kg_outcome *outcome)
{
    struct kg_object *object;
    int status = kg_object_find(outcome->value, &object);
    if (status == 0) {
        status = kg_object_usable(object, handover->callee);
    }
    if (status == 0) {
        status = kg_object_move(object, handover->caller, KG_ACCESS_WRITE);
    }
    if (status == 0) {
        kg_object_own(object, handover->caller);
    } else {
        *outcome = (struct kg_outcome){status, 0};
    }
}

/* Ends the loans; hands the result over; gives back what a callee that never ran was given. */
void kg_handover_end(struct kg_handover *handover, const struct kg_gate *gate,
                     struct kg_outcome *outcome)
{
    bool ran = kg_callee_ran(outcome->status);
    if (gate->result == KG_VALUE && (handover->count == 0 || (ran && handover->lent == 0))) {
        return;
    }
    kg_lock();
    for (uint32_t i = 0; i < handover->count; i++) {
        struct kg_object *object = handover->parts[i].object;
        bool lent = handover->parts[i].kind == KG_LEND;
        if (!lent && ran) {
            continue;
        }
        int status = lent ? kg_object_return(object)
                          : kg_object_move(object, handover->caller, KG_ACCESS_WRITE);
        if (status == 0) {
            kg_object_own(object, handover->caller);
        } else if (outcome->status == 0) {
            *outcome = (struct kg_outcome){status, 0};
        }
    }
    if (outcome->status == 0 && gate->result == KG_GIVE) {
        give_result(handover, outcome);
    }
    kg_unlock();
}

/* The host moves an object outside any call. */
static int move_by_host(kg_handle handle, uint32_t from, uint32_t to)
{
    struct kg_object *object;
    int status = kg_object_find(handle, &object);
    if (status == 0 && from == KG_OWNER_NOBODY) {
        from = object->owner;
    }
    if (status == 0) {
        status = kg_object_usable(object, from);
    }
    if (status == 0) {
        status = kg_object_move(object, to, KG_ACCESS_WRITE);
    }
    if (status == 0) {
        kg_object_own(object, to);
    }
    return status;
}

int kg_object_give(kg_handle handle, struct kg_domain *domain)
{
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    kg_lock();
    if (domain != NULL) {
        status = kg_domain_check(domain);
        if (status == 0 && domain->state == KG_DOMAIN_DEAD) {
            status = -KG_EDEAD;
        }
    }
    if (status == 0) {
        status = move_by_host(handle, KG_OWNER_HOST,
                              domain != NULL ? domain->slot : KG_OWNER_HOST);
    }
    kg_unlock();
    return status;
}

int kg_object_take(kg_handle handle)
{
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    kg_lock();
    status = move_by_host(handle, KG_OWNER_NOBODY, KG_OWNER_HOST);
    kg_unlock();
    return status;
}
