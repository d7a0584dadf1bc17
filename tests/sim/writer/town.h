/* tests/sim/writer/town.h
 *
 * One municipality: its site, and the log-in that the operators have put into the credentials
 * directory, which every process reads.
 */
#ifndef SIM_WRITER_TOWN_H
#define SIM_WRITER_TOWN_H

#include "sim/writer/cms.h"

enum { TOWNS = 3 };

struct town {
        const char *id;
        int32_t partition;
        bool configured;
        unsigned password; /* as the processes know it */
        struct cms cms;
};

#endif
