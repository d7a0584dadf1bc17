/* site/fault.c
 *
 * Every failure that the reference names, and some that it does not, can be had by name.
 */
#include "site/fault.h"

#include "base/json.h"
#include "base/memory.h"
#include "site/base64.h"

#include <utlist.h>

static const char *const kind_names[FAULT_COUNT] = {
        [FAULT_DELAY] = "delay",     [FAULT_STATUS] = "status", [FAULT_RESET] = "reset",
        [FAULT_EMPTY] = "empty",     [FAULT_TRUNCATE] = "truncate", [FAULT_DRIP] = "drip",
        [FAULT_WRONG_ECHO] = "wrong_echo", [FAULT_TRAILING] = "trailing", [FAULT_CUT] = "cut",
        [FAULT_HANG] = "hang",       [FAULT_BOMB] = "bomb",
};

const char *fault_kind_name(enum fault_kind kind)
{
        return kind_names[kind];
}

void fault_unref(struct fault *fault)
{
        if (!fault || --fault->refs > 0)
                return;
        free(fault->content_type);
        free(fault->body);
        json_decref(fault->headers);
        json_decref(fault->echo);
        free(fault);
}

static void remove_fault(struct faults *faults, struct fault *fault)
{
        LL_DELETE(faults->first, fault);
        fault_unref(fault);
}

void faults_deinit(struct faults *faults)
{
        faults_clear(faults, METHOD_OTHER);
}

static enum fault_kind kind_find(const char *name)
{
        enum fault_kind kind = 0;

        while (kind < FAULT_COUNT && strcmp(kind_names[kind], name) != 0)
                kind++;
        return kind;
}

static int64_t number_or(const json_t *json, const char *name, int64_t otherwise)
{
        int64_t value;

        return json_member_integer(json, name, &value) ? value : otherwise;
}

static void read_body(struct fault *fault, const json_t *json)
{
        const char *text = json_member_text(json, "body");
        const char *coded = json_member_text(json, "body_base64");
        struct buffer body = BUFFER_NULL;

        if (coded)
                base64_decode(&body, coded);
        else if (text)
                buffer_append_text(&body, text);
        fault->body_bytes = body.length;
        fault->body = buffer_take(&body);
        fault->content_type = memory_copy_text(json_member_text(json, "content_type"));
        if (json_is_object(json_object_get(json, "headers")))
                fault->headers = json_incref(json_object_get(json, "headers"));
        if (json_is_object(json_object_get(json, "echo")))
                fault->echo = json_incref(json_object_get(json, "echo"));
}

static void read_numbers(struct fault *fault, const json_t *json)
{
        bool executes = fault->kind != FAULT_STATUS && fault->kind != FAULT_HANG &&
                        fault->kind != FAULT_BOMB;

        fault->remaining = number_or(json, "count", -1);
        fault->delay_ms = number_or(json, "delay_ms", 0);
        fault->executes = json_member_boolean(json, "executes", executes);
        fault->execute_after_ms = number_or(json, "execute_after_ms", 0);
        fault->status = (unsigned)number_or(json, "status", 200);
        fault->bytes = number_or(json, "bytes", -1);
        fault->interval_ms = number_or(json, "interval_ms", 100);
        fault->events = number_or(json, "events", 1);
        fault->closed = json_member_boolean(json, "closed", false);
}

uint64_t faults_add(struct faults *faults, const json_t *json, struct error *error)
{
        const char *name = json_member_text(json, "kind");
        const char *method = json_member_text(json, "method");
        const char *uuid = json_member_text(json, "uuid");
        enum fault_kind kind = name ? kind_find(name) : FAULT_COUNT;
        struct fault *fault;

        if (kind == FAULT_COUNT) {
                error_set(error, "kind: no such fault as %s", name ? name : "null");
                return 0;
        }
        fault = memory_new(sizeof(*fault));
        fault->refs = 1;
        fault->id = ++faults->next_id;
        fault->kind = kind;
        fault->on_get = !method || strcmp(method, "GET") == 0;
        fault->on_patch = !method || strcmp(method, "PATCH") == 0;
        if (uuid)
                strncpy(fault->uuid, uuid, sizeof(fault->uuid) - 1);
        read_body(fault, json);
        read_numbers(fault, json);
        LL_APPEND(faults->first, fault);
        return fault->id;
}

void faults_clear(struct faults *faults, enum method method)
{
        struct fault *fault, *next;

        LL_FOREACH_SAFE(faults->first, fault, next) {
                if (method == METHOD_GET)
                        fault->on_get = false;
                if (method == METHOD_PATCH)
                        fault->on_patch = false;
                if (method == METHOD_OTHER || (!fault->on_get && !fault->on_patch))
                        remove_fault(faults, fault);
        }
}

struct fault *faults_take(struct faults *faults, enum method method, const char *uuid)
{
        struct fault *fault;

        LL_FOREACH(faults->first, fault) {
                if (!(method == METHOD_GET ? fault->on_get
                                           : method == METHOD_PATCH && fault->on_patch))
                        continue;
                if (fault->uuid[0] && strcmp(fault->uuid, uuid) != 0)
                        continue;
                fault->refs++;
                fault->used++;
                if (fault->remaining > 0 && --fault->remaining == 0)
                        remove_fault(faults, fault);
                return fault;
        }
        return NULL;
}
