/* tests/sim/reconciler/cms.h
 *
 * One municipality's site: its events as they truly are, and the lists it answers with, which are
 * not always the truth (CMS-API.md "Reading"). Editors work at it, events end and leave it, and its
 * cache shows what was true a while ago, or what was never purged.
 */
#ifndef SIM_RECONCILER_CMS_H
#define SIM_RECONCILER_CMS_H

#include "model/event.h"
#include "sim/reconciler/page.h"
#include "sim/sim.h"

enum { CMS_EVENTS_MAX = 640 };

struct cms_event {
        struct uuid uuid;
        bool published;
        int64_t back_ms; /* unpublished, and to come back then; 0: it will not */
        bool relevant;
        bool twice, huge;                     /* in the list in a form that cannot be told */
        unsigned title, touched, image, link; /* how often each was changed */
        enum event_state state;
        int64_t start_ms, end_ms;
        bool has_series;
        struct uuid series;
};

/* What is wrong with the site as a whole, until then. */
enum cms_trouble {
        CMS_WELL,
        CMS_EMPTY,   /* shows no event at all */
        CMS_CUT,     /* shows a third */
        CMS_ANOTHER, /* the address leads to another municipality's site */
};

struct cms {
        struct sim *sim;
        char id[64];
        struct cms_event *events;
        size_t count;
        uint64_t numbers; /* of uuids given out */
        bool windowed;    /* read with from_date */
        enum cms_trouble trouble;
        int64_t trouble_until_ms;

        struct page *truth;  /* as of now; NULL: to be made anew */
        struct page *before; /* as it was before the last save */
        struct page *cached; /* what anonymous readers get; NULL: nothing */
        int64_t cached_at_ms;
        int64_t purge_at_ms; /* the cached page goes then; INT64_MAX: nobody knows it is wrong */
        int64_t saved_at_ms;
        char from_date[11];
};

struct cms_answer {
        struct page *page; /* the caller's: page_release */
        int64_t age_ms;
        bool past_cache;
};

void cms_init(struct cms *cms, struct sim *sim, const char *id, size_t events, bool windowed);
void cms_deinit(struct cms *cms);

/* What a day brings: something is edited, moved, withdrawn, brought back. */
void cms_edit(struct cms *cms);
/* Much at once: a rescheduled series, a mass unpublication, a list that is empty or another's. */
void cms_upset(struct cms *cms);
/* An event that is not shown, for whatever reason, is shown again, at another time. */
void cms_revive(struct cms *cms);
/* The site's own clockwork, every 15 min: ended events leave, withdrawn ones return. */
void cms_cron(struct cms *cms);
/* All trouble is over. */
void cms_heal(struct cms *cms);

/* Our own PATCH sets a state; the event's uuid is given out. False if there is nothing to set. */
bool cms_set_state(struct cms *cms, struct uuid *uuid, enum event_state *state);

struct cms_answer cms_read(struct cms *cms, bool fresh);

#endif
