/* tests/support/clock/shifted.c
 *
 * A machine whose clock is wrong, for one process: preloaded, it moves what clock_gettime tells of the
 * time of day by DPLSYNC_TEST_CLOCK_S seconds. libfaketime would do it, but librdkafka does not start
 * under it: its threads wait for ever on conditions whose clock is faked.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t which, struct timespec *told)
{
        const char *shift = getenv("DPLSYNC_TEST_CLOCK_S");
        int result = (int)syscall(SYS_clock_gettime, which, told);

        if (result == 0 && which == CLOCK_REALTIME && shift)
                told->tv_sec += strtol(shift, NULL, 10);
        return result;
}
