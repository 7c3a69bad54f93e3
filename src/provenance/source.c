#include "provenance/source.h"

const char *const ya_source_field_names[YA_N_SOURCE_FIELDS] = {
    "year", "date",      "publication_date", "published",      "source",
    "url",  "publisher", "source_type",      "citation_count",
};
