#include "train/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t received;
static struct sigaction old_int, old_term;

static void remember(int signal)
{
    received = signal;
}

void ya_interrupt_begin(void)
{
    struct sigaction action = {0};
    received = 0;
    action.sa_handler = remember;
    action.sa_flags = (int)SA_RESETHAND; /* the second one has its usual effect */
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &old_int);
    sigaction(SIGTERM, &action, &old_term);
}

void ya_interrupt_end(void)
{
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
}

int ya_interrupt_signal(void)
{
    return received;
}
