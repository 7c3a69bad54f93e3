/* Texts as the rules of scoring and preparation see them: spec/scoring.md "Matching", spec/data.md.
 * Characters and white space are those of base/chars.h. All
 * texts are well-formed UTF-8, not NUL-terminated, and may hold NULs. Any thread. */
#ifndef YA_DATA_TEXT_H
#define YA_DATA_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Takes the white space at both ends off. */
void ya_text_trim(const char **text, size_t *size);

/* True when it has more than `limit` characters; reads no further than it must. */
bool ya_text_is_longer(const char *text, size_t size, size_t limit);

/* The text in ASCII lower case, each run of white space as one space, to `to`, which has room for
 * `size`; returns its bytes. Of a trimmed text the result is trimmed. */
size_t ya_text_normalize(char *to, const char *text, size_t size);

/* Takes the first chunk off a trimmed text that is not empty: spec/data.md, prepare, step 3. While
 * the text has more than `max_chars` (>= 1) characters it is cut in front of the last run of white
 * space that has max_chars / 2 to max_chars characters before it and holds two LFs, else one LF,
 * else any, else behind max_chars characters. Chunk and rest are trimmed; *size becomes 0 with the
 * last chunk. Returns the chunk's bytes; the chunk begins at the old *text. */
size_t ya_text_take_chunk(const char **text, size_t *size, size_t max_chars);

#endif
