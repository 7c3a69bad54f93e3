#include "train/environment.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

void ya_processor_name(char *out, size_t room)
{
    static const char key[] = "\nmodel name";
    char text[4096];
    snprintf(out, room, "unknown");
    int file = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0)
        close(file);
    if (size <= 0)
        return;
    text[size] = '\0';
    const char *at = strstr(text, key);
    at = at ? strchr(at, ':') : NULL;
    if (!at)
        return;
    at += 1 + strspn(at + 1, " ");
    snprintf(out, room, "%.*s", (int)strcspn(at, "\n"), at);
}

void ya_system_name(char *out, size_t room)
{
    struct utsname name;
    if (uname(&name) == 0)
        snprintf(out, room, "%s %s %s", name.sysname, name.release, name.machine);
    else
        snprintf(out, room, "unknown");
}
