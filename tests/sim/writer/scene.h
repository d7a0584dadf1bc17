/* tests/sim/writer/scene.h
 *
 * What makes one kind of history differ from another: how much the vendor wishes, what the
 * operators have configured, how long Kafka keeps updates, and what goes wrong.
 */
#ifndef SIM_WRITER_SCENE_H
#define SIM_WRITER_SCENE_H

#include "sim/faults.h"

struct scene {
        const struct fault *mishaps;      /* mishaps.h */
        int64_t pace_min_ms, pace_max_ms; /* from wish to wish, on average */
        int64_t burst_max;                /* wishes at one moment, one time in ten; at least 2 */
        bool foreign;                     /* half of these vendors use a partition too many */
        bool replays;                     /* most of these operators have updates sent again */
        bool changing_minds;  /* the last thing is that sites obey late what is wished no more */
        int64_t queue_events; /* write_queue_events; 0: the default */
        int64_t retention_ms; /* of `updates`; 0: for ever */
};

#endif
