/* The messages of a conversation: spec/records.md, "Messages". */
#ifndef YA_DATA_MESSAGES_H
#define YA_DATA_MESSAGES_H

#include "data/raw.h"

/* Appends the messages of a list to raw->messages. `list` is an array, or a string that holds the
 * JSON text of one, as tables have it. `context`: what the assistant says in them is not learned.
 * *good is false when a message cannot be read: raw->why says which and what is wrong with it. */
ya_status ya_messages_read(ya_raw *raw, const ya_json_value *list, bool context, bool *good,
                           ya_error *err) YA_CHECK;

/* Appends one message of plain text. */
ya_status ya_messages_add(ya_raw *raw, const char *role, const char *content, size_t size,
                          ya_error *err) YA_CHECK;

/* Puts a system message in front, unless there is one. */
ya_status ya_messages_put_system(ya_raw *raw, const char *content, size_t size,
                                 ya_error *err) YA_CHECK;

/* The array that a value is, or that the text of a string is (`array` views it); false: neither. */
bool ya_raw_array(ya_raw *raw, const ya_json_value *value, ya_json_value *array);

bool ya_message_is(const ya_message *message, const char *role);
/* True when there is neither text in it nor a call. */
bool ya_message_is_empty(const ya_message *message);

#endif
