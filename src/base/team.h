/* The threads that computing is shared out to: as many as were planned, or none.
 *
 * Scratch is sized, work is cut and oneDNN's kernels are made for a number of threads. OpenMP may
 * give fewer (OMP_DYNAMIC, OMP_THREAD_LIMIT, OMP_MAX_ACTIVE_LEVELS), and a kernel of oneDNN then
 * leaves the shares of the missing ones undone without a word. So whoever sets the number does it
 * here, where what could make a later team smaller is switched off, and one team is counted. */
#ifndef YA_BASE_TEAM_H
#define YA_BASE_TEAM_H

#include "base/error.h"

/* Every parallel region of the calling thread from now on has `threads` (at least 1) threads;
 * regions inside regions have one. YA_ERR_USAGE when OpenMP gives fewer. */
ya_status ya_team_begin(int threads, ya_error *err) YA_CHECK;

/* The processors that this process may use, or OMP_THREAD_LIMIT where that is less. */
int ya_team_largest(void);

#endif
