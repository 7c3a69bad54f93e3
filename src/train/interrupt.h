/* SIGINT, SIGTERM, SIGHUP (the terminal is gone) and SIGPIPE (nobody reads what is said) while a
 * run works: remembered, acted on after the pass at hand. A second one ends the program at once,
 * but for SIGPIPE. SIGHUP and SIGPIPE stay ignored where they were (nohup). */
#ifndef YA_TRAIN_INTERRUPT_H
#define YA_TRAIN_INTERRUPT_H

/* Installs and removes the handlers. */
void ya_interrupt_begin(void);
void ya_interrupt_end(void);

/* The signal that came since ya_interrupt_begin, 0: none. After ya_train has returned
 * YA_ERR_INTERRUPTED the exit code is 128 + this. Any thread. */
int ya_interrupt_signal(void);

#endif
