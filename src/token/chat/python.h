/* What Python thinks of characters and numbers. */
#ifndef YA_TOKEN_CHAT_PYTHON_H
#define YA_TOKEN_CHAT_PYTHON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool ya_python_is_space(uint32_t c);
/* Bytes of the white space (str.isspace) that text[0..size) begins with. */
size_t ya_python_spaces(const char *text, size_t size);
/* Bytes of text[0..size) without the white space at its end. */
size_t ya_python_rstrip(const char *text, size_t size);
/* Bytes of the line break (str.splitlines) at text[0..size), size > 0; or 0. */
size_t ya_python_line_break(const char *text, size_t size);
bool ya_python_printable(uint32_t c);
/* repr of a float, NUL-terminated. */
enum { YA_FLOAT_TEXT = 40 };
void ya_python_float(char out[YA_FLOAT_TEXT], double value);

#endif
