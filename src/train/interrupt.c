#include "train/interrupt.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
enum { N_SIGNALS = sizeof SIGNALS / sizeof SIGNALS[0] };

static volatile sig_atomic_t received;
static struct sigaction before[N_SIGNALS];

static void remember(int signal)
{
    if (!received)
        received = signal;
}

void ya_interrupt_begin(void)
{
    received = 0;
    for (int i = 0; i < N_SIGNALS; i++) {
        struct sigaction action = {0};
        action.sa_handler = remember;
        /* the second one has its usual effect; but each line that nobody reads is a SIGPIPE */
        action.sa_flags = SIGNALS[i] == SIGPIPE ? 0 : (int)SA_RESETHAND;
        sigemptyset(&action.sa_mask);
        sigaction(SIGNALS[i], &action, &before[i]);
        bool optional = SIGNALS[i] == SIGHUP || SIGNALS[i] == SIGPIPE;
        if (optional && before[i].sa_handler == SIG_IGN) /* nohup asked for that */
            sigaction(SIGNALS[i], &before[i], NULL);
    }
}

void ya_interrupt_end(void)
{
    for (int i = 0; i < N_SIGNALS; i++)
        sigaction(SIGNALS[i], &before[i], NULL);
    if (received == SIGPIPE) /* what is still to be said must not end the program */
        signal(SIGPIPE, SIG_IGN);
}

int ya_interrupt_signal(void)
{
    return received;
}
