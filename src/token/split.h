/* The published pre-tokenizer expressions as hand-written matchers, because a regular expression
 * engine takes most of the time of tokenising. Each tiles the text: every position matches. */
#ifndef YA_TOKEN_SPLIT_H
#define YA_TOKEN_SPLIT_H

#include <stddef.h>

/* Bytes (> 0) of the match at the beginning of text[0..size), size > 0, well-formed UTF-8; `size`
 * must reach to the end of the stretch being split, for the look-ahead of \s+(?!\S). */
typedef size_t ya_matcher(const char *text, size_t size);

ya_matcher ya_split_gpt2;   /* GPT-2 and ByteLevel with use_regex */
ya_matcher ya_split_llama3; /* numbers in groups of up to three */
ya_matcher ya_split_qwen2;  /* numbers one by one */

/* The matcher that is equal to a regular expression of a tokenizer.json, or NULL. */
ya_matcher *ya_split_known(const char *regex);
/* The regular expression that a matcher is equal to; NULL for another one. */
const char *ya_split_regex(ya_matcher *matcher);

#endif
