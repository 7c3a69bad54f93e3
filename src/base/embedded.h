/* The files of configs/, compiled into the program (cmake/embed.cmake), so that it works wherever
 * its binary lies. */
#ifndef YA_BASE_EMBEDDED_H
#define YA_BASE_EMBEDDED_H

#include <stddef.h>

typedef struct {
    const char *name; /* below configs/: "hardware/base_16gb.yaml" */
    const char *text; /* NUL-terminated */
    size_t size;
} ya_embedded;

/* In byte order of the names; ends with a NULL name. */
extern const ya_embedded ya_embedded_files[];

/* NULL when there is none of that name. */
const ya_embedded *ya_embedded_find(const char *name);

#endif
