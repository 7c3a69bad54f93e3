#include "hardware/profile.h"

#include "io/json.h"
#include "io/yaml.h"
#include "memory/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char DIRECTORY[] = "hardware/";
/* What the system keeps for itself of the memory that is built in. */
static const double KEPT = 0.1;

/* Written by us and tested: a mistake is a bug. */
static ya_profile read_profile(const ya_embedded *file)
{
    json_t *document = NULL;
    ya_profile p = {.file = file};
    ya_error err = {0};
    if (ya_yaml_parse(file->text, file->size, file->name, &document, &err) != YA_OK ||
        !ya_json_get_f64(json_object_get(document, "hardware"), "memory_gb", &p.memory_gb) ||
        !ya_json_get_f64(json_object_get(document, "hardware"), "training_budget_gb",
                         &p.budget_gb)) {
        fprintf(stderr, "%s: no profile: %s\n", file->name, err.text);
        abort();
    }
    json_decref(document);
    return p;
}

ya_profile ya_profile_for(uint64_t memory)
{
    ya_profile best = {0}, smallest = {0};
    double gb = (double)memory / (double)YA_GB;
    for (const ya_embedded *file = ya_embedded_files; file->name; file++) {
        if (strncmp(file->name, DIRECTORY, sizeof DIRECTORY - 1) != 0)
            continue;
        ya_profile p = read_profile(file);
        if (!smallest.file || p.memory_gb < smallest.memory_gb)
            smallest = p;
        if (p.memory_gb * (1.0 - KEPT) <= gb && p.memory_gb > best.memory_gb)
            best = p;
    }
    return best.file ? best : smallest;
}

/* The next line that begins in the first column, i.e. the end of a section; or the end. */
static const char *section_end(const char *at)
{
    while ((at = strchr(at, '\n')) != NULL) {
        at++;
        if (*at != ' ' && *at != '\n')
            return at;
    }
    return "";
}

ya_status ya_profile_write(const ya_profile *profile, uint64_t memory, const char *notes,
                           ya_buffer *out, ya_error *err)
{
    static const char title[] = "hardware:\n";
    double gb = (double)memory / (double)YA_GB;
    const char *section = strstr(profile->file->text, title);
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err,
                            "# Made for this machine from the profile %s.\n"
                            "# Use: your_ai train --config THIS --model M --data D\n\n"
                            "hardware:\n  generation: measured\n  memory_gb: %.1f\n"
                            "  training_budget_gb: %.1f\n\n",
                            profile->file->name + sizeof DIRECTORY - 1, gb,
                            profile->budget_gb * gb / profile->memory_gb));
    if (section)
        YA_TRY(ya_buffer_printf(out, err, "%s", section_end(section + sizeof title - 1)));
    if (notes)
        YA_TRY(ya_buffer_printf(out, err, "\nnotes: \"%s\"\n", notes));
done:
    return status;
}
