#include "base/embedded.h"

#include <string.h>

const ya_embedded *ya_embedded_find(const char *name)
{
    for (const ya_embedded *file = ya_embedded_files; file->name; file++)
        if (strcmp(file->name, name) == 0)
            return file;
    return NULL;
}
