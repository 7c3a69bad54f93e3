/* Libraries that cannot go on. Some of them take a failed allocation for something else (jansson: a
 * document without a member, a file that is "not JSON") or have no way to say it (oneDNN: an
 * exception, a fault). Nothing of ours could tell these from good results, so they end the program:
 * one sentence, exit code 3, and no file under its final name, as those appear when they are whole.
 */
#ifndef YA_BASE_LIBRARIES_H
#define YA_BASE_LIBRARIES_H

/* Call it once, first in main. */
void ya_libraries_begin(void);

/* Around calls of a library whose faults are to be said: until ya_library_leave a fault is taken
 * for memory or address space that ran out. For all threads; does not nest. */
void ya_library_enter(const char *name);
void ya_library_leave(void);

#endif
