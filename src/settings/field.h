/* Access to a field of ya_settings through its row; for the files of this module. */
#ifndef YA_SETTINGS_FIELD_H
#define YA_SETTINGS_FIELD_H

#include "settings/settings.h"

static inline void *ya_field(ya_settings *s, const ya_setting *row)
{
    return (char *)s + row->offset;
}

static inline const void *ya_field_of(const ya_settings *s, const ya_setting *row)
{
    return (const char *)s + row->offset;
}

/* What the row's word stands for; the row must be INT, REAL or SIZE and have one. */
static inline double ya_word_value(const ya_setting *row)
{
    return row->low > 0 ? 0 : -1;
}

/* Whether the field holds what the row's word stands for; false for other types. */
bool ya_is_word(const ya_settings *s, const ya_setting *row);

/* A number of the row's type in its shortest exact spelling: "5e-05", "8GB", "512MB". */
enum { YA_NUMBER_TEXT = 40 };
void ya_number_text(char out[YA_NUMBER_TEXT], const ya_setting *row, double value);

#endif
