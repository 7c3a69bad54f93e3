#include "io/record_file.h"

#include "base/alloc.h"
#include "support/pack.h"
#include "support/scratch.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

static const char *const members[] = {"messages", "conversations", "text", NULL};
static const ya_record_file_options options = {members};

/* Reads all records as "number:text|", "..." behind a long one, "(why)" behind a bad one. */
static ya_status read_all(const char *path, char *out, size_t room, ya_record_form *form,
                          ya_error *err)
{
    ya_record_file *file;
    ya_line line;
    size_t used = 0;
    out[0] = '\0';
    ya_status status = ya_record_file_open(&file, path, &options, err);
    if (status) {
        assert_null(file);
        return status;
    }
    *form = ya_record_file_form(file);
    while (!(status = ya_record_file_next(file, &line, err)) && line.text) {
        assert_null(memchr(line.text, '\n', line.size));
        assert_int_equal(line.table, *form == YA_FORM_CSV || *form == YA_FORM_TSV);
        used +=
            (size_t)snprintf(out + used, room - used, "%d:%.*s%s%s%s%s|", (int)line.number,
                             (int)line.size, line.text, line.too_long ? "..." : "",
                             line.bad ? "(" : "", line.bad ? line.bad : "", line.bad ? ")" : "");
    }
    assert_null(line.text);
    if (!status) {
        assert_int_equal(ya_record_file_next(file, &line, err), YA_OK);
        assert_null(line.text);
    }
    ya_record_file_close(file);
    return status;
}

/* ASCII to UTF-16 with its mark. */
static size_t to_utf16(const char *text, size_t size, bool big_endian, unsigned char *out)
{
    size_t n = 0;
    for (size_t i = 0; i <= size; i++) {
        unsigned c = i == 0 ? 0xFEFF : (unsigned char)text[i - 1];
        out[n++] = (unsigned char)(big_endian ? c >> 8 : c);
        out[n++] = (unsigned char)(big_endian ? c : c >> 8);
    }
    return n;
}

static void reads(const char *name, const void *bytes, size_t size, ya_record_form form,
                  const char *expected)
{
    static char found[1 << 16];
    ya_record_form told;
    ya_error err = {0};
    ya_status status = read_all(scratch_write(name, bytes, size), found, sizeof found, &told, &err);
    if (status)
        fail_msg("%.*s\n%s", (int)size, (const char *)bytes, err.text);
    assert_string_equal(found, expected);
    assert_int_equal(told, form);
}

/* The same as it is, with a byte order mark, in UTF-16, gz and zst, under any name. */
static void reads_packed(const char *text, size_t size, ya_record_form form, const char *expected)
{
    static unsigned char packed[4096];
    char marked[1024];
    reads("t", text, size, form, expected);
    reads("t.gz", text, size, form, expected);
    snprintf(marked, sizeof marked, "\xEF\xBB\xBF%s", text);
    reads("t.txt", marked, size + 3, form, expected);
    reads("t.json", packed, to_utf16(text, size, false, packed), form, expected);
    reads("t.zst", packed, to_utf16(text, size, true, packed), form, expected);
    reads("t.bin", packed, pack(true, text, size, packed, sizeof packed), form, expected);
    reads("t.bin", packed, pack(false, text, size, packed, sizeof packed), form, expected);
    size_t n = pack(false, text, size / 2, packed, sizeof packed); /* two members */
    n += pack(false, text + size / 2, size - size / 2, packed + n, sizeof packed - n);
    reads("t.bin", packed, n, form, expected);
}

#define READS(text, form, expected) reads_packed(text, sizeof(text) - 1, form, expected)
#define LINES(text, expected) READS(text, YA_FORM_LINES, expected)
#define ARRAY(text, expected) READS(text, YA_FORM_ARRAY, expected)
#define OBJECTS(text, expected) READS(text, YA_FORM_OBJECTS, expected)
#define CSV(text, expected) READS(text, YA_FORM_CSV, expected)
#define TSV(text, expected) READS(text, YA_FORM_TSV, expected)

/* A failure whose sentence is `expected` with the path for '@' and the path without its ending
 * for '^'. */
static void fails(const char *name, const void *bytes, size_t size, ya_status wanted,
                  const char *expected)
{
    static char found[1 << 16];
    char sentence[2 * YA_ERROR_TEXT];
    ya_record_form form;
    ya_error err = {0};
    const char *path = scratch_write(name, bytes, size);
    ya_status status = read_all(path, found, sizeof found, &form, &err);
    size_t used = 0, stem = strrchr(name, '.') ? strlen(strrchr(name, '.')) : 0;
    for (const char *c = expected; *c; c++) {
        if (*c == '@' || *c == '^')
            used += (size_t)snprintf(sentence + used, sizeof sentence - used, "%.*s",
                                     (int)(strlen(path) - (*c == '^' ? stem : 0)), path);
        else
            sentence[used++] = *c;
    }
    sentence[used] = '\0';
    assert_string_equal(err.text, sentence);
    assert_int_equal(status, wanted);
}

#define BROKEN(text, expected) fails("b", text, sizeof(text) - 1, YA_ERR_FORMAT, expected)
#define REFUSED(name, bytes, expected)                                                             \
    fails(name, bytes, sizeof(bytes) - 1, YA_ERR_UNSUPPORTED, expected)

/* JSON lines: ---------------------------------------------------------------------------------- */

static void lines_are_read_as_ever(void **state)
{
    (void)state;
    LINES("{\"a\":1}\n\n{\"a\":2}\r\n \n{\"a\":3}", "1:{\"a\":1}|3:{\"a\":2}|5:{\"a\":3}|");
    LINES("{\"a\":1}", "1:{\"a\":1}|");
    LINES("\n\n{\"a\":1}\nnot json\n[1]\n", "3:{\"a\":1}|4:not json|5:[1]|");
    LINES("{\"a\":1} {\"a\":2}\n", "1:{\"a\":1} {\"a\":2}|");
    reads("t", "", 0, YA_FORM_LINES, "");
    reads("t", " \n\n", 3, YA_FORM_LINES, "");
    reads("t", "\xC2\xA0\v", 3, YA_FORM_LINES, "");
    reads("t", "\v{}\n{}\n", 7, YA_FORM_LINES, "1:\v{}|2:{}|");
}

static void a_first_line_that_is_no_json_does_not_hide_the_lines_behind_it(void **state)
{
    (void)state;
    LINES("oops\n{\"a\":1}\n", "1:oops|2:{\"a\":1}|");
    LINES("{\"a\": \"cut of\n{\"a\":1}\n", "1:{\"a\": \"cut of|2:{\"a\":1}|");
    LINES("{\"a\":1\n{\"a\":2}\n", "1:{\"a\":1|2:{\"a\":2}|");
    LINES("{\n{\"a\":2}\n", "1:{|2:{\"a\":2}|");
    LINES("{\"a\": \n{\"a\":2}\n{\"a\":3}", "1:{\"a\": |2:{\"a\":2}|3:{\"a\":3}|");
    LINES("{\"a\":", "1:{\"a\":|");
    LINES("{\"a\":[{}] 1}\n{\"a\":1}\n", "1:{\"a\":[{}] 1}|2:{\"a\":1}|");
    LINES("[1,2]\n{\"a\":1}\n", "1:[1,2]|2:{\"a\":1}|");
    LINES("[1]\n[2]\n", "1:[1]|2:[2]|");
    reads("t.jsonl", "nothing\nof use\n", 15, YA_FORM_LINES, "1:nothing|2:of use|");
    reads("t.ndjson.gz", "nothing\n", 8, YA_FORM_LINES, "1:nothing|");
}

/* Arrays: -------------------------------------------------------------------------------------- */

static void an_array_is_read_however_it_is_laid_out(void **state)
{
    (void)state;
    ARRAY("[{\"a\":1},{\"a\":2}]", "1:{\"a\":1}|1:{\"a\":2}|");
    ARRAY("[\n{\"a\":1},\n{\"a\":2}\n]\n", "2:{\"a\":1}|3:{\"a\":2}|");
    ARRAY(" \r\n[ {\"a\":1}\r\n, {\"a\" :\r\n 2 } ] \r\n", "2:{\"a\":1}|3:{\"a\" :   2 }|");
    ARRAY("[\n  {\n    \"a\": 1\n  }\n]", "2:{     \"a\": 1   }|");
    ARRAY("[]", "");
    ARRAY("\n[ \n ]\n", "");
}

static void brackets_quotes_and_escapes_inside_of_strings_delimit_nothing(void **state)
{
    (void)state;
    ARRAY("[{\"a\":\"]},{[\"},\"x,]\",{\"b\":\"\\\"]\\\\\"},{\"c\":\"\\\\\\\"}\"}]",
          "1:{\"a\":\"]},{[\"}|1:\"x,]\"|1:{\"b\":\"\\\"]\\\\\"}|1:{\"c\":\"\\\\\\\"}\"}|");
    ARRAY("[{\"a\":[[{}],[]],\"b\":{\"c\":[{}]}},{}]",
          "1:{\"a\":[[{}],[]],\"b\":{\"c\":[{}]}}|1:{}|");
}

static void items_that_are_no_objects_or_no_json_are_handed_out_too(void **state)
{
    (void)state;
    ARRAY("[1, \"s\",null , [2,\n3],-1.5e3,nul\n]", "1:1|1:\"s\"|1:null|1:[2, 3]|2:-1.5e3|2:nul|");
    ARRAY("[{\"a\" 1},{a},{\"a\":[1}],{}]", "1:{\"a\" 1}|1:{a}|1:{\"a\":[1}]|1:{}|");
    /* a line break inside of a string is wrong and stays so */
    ARRAY("[{\"a\":\"x\ny\"},{\"b\":\"\\\n\"}]", "1:{\"a\":\"x\ty\"}|2:{\"b\":\"\\\t\"}|");
}

static void what_is_broken_between_items_is_named_with_its_line(void **state)
{
    (void)state;
    BROKEN("[\n{\"a\":1}\n{\"a\":2}]", "@:3: expected \",\" or \"]\" behind a record, found \"{\"");
    BROKEN("[{\"a\":1},\n]", "@:2: expected a record, found \"]\"");
    BROKEN("[,1]", "@:1: expected a record, found \",\"");
    BROKEN("[1:2]", "@:1: expected \",\" or \"]\" behind a record, found \":\"");
    BROKEN("[{\"a\":1}]\n\nx", "@:3: expected nothing behind the \"]\" of the list, found \"x\"");
    BROKEN("[{\"a\":1}],", "@:1: expected nothing behind the \"]\" of the list, found \",\"");
    BROKEN("[1]\3", "@:1: expected nothing behind the \"]\" of the list, found byte 3");
    BROKEN("[{\"a\":1}}", "@:1: expected \",\" or \"]\" behind a record, found \"}\"");
}

static void an_array_that_ends_early_is_truncated(void **state)
{
    (void)state;
    static const char text[] = "[\n{\"a\":\"\\u00e9\"},\n[1,{}], 12 ]";
    for (size_t cut = 1; cut < sizeof text - 1; cut++) {
        char found[200];
        ya_record_form form;
        ya_error err = {0};
        const char *path = scratch_write("cut", text, cut);
        assert_int_equal(read_all(path, found, sizeof found, &form, &err), YA_ERR_FORMAT);
        assert_int_equal(form, YA_FORM_ARRAY);
        assert_non_null(strstr(err.text, "truncated"));
        assert_memory_equal(err.text, path, strlen(path));
    }
    BROKEN("[\n{\"a\":1},\n", "@:3: the file ends where a record was expected: it is truncated");
    BROKEN("[\n{\"a\":1}\n",
           "@:3: the file ends where \",\" or \"]\" behind a record was expected: it is truncated");
    BROKEN("[\n{\"a\":1},\n{\"a\":\"2]\n",
           "@:3: the file ends within the record that begins here: it is truncated, or a quotation "
           "mark or bracket is not closed");
}

/* Objects: ------------------------------------------------------------------------------------- */

static void an_object_that_holds_one_list_of_objects_is_read_as_that_list(void **state)
{
    (void)state;
    ARRAY("{\"data\": [{\"a\":1},{\"a\":2}], \"version\": \"1\"}", "1:{\"a\":1}|1:{\"a\":2}|");
    ARRAY("{\"v\":[1,2],\"n\":{\"d\":[{}]},\"e\":[],\n\"data\":\n[\n{\"a\":1},\n3\n]\n}\n",
          "4:{\"a\":1}|5:3|");
    ARRAY("{\n\"rows\": [ {\"messages\":[]} ] }", "2:{\"messages\":[]}|");
}

static void an_object_with_a_members_name_of_a_record_is_one(void **state)
{
    (void)state;
    LINES("{\"messages\":[{\"role\":\"user\"}]}", "1:{\"messages\":[{\"role\":\"user\"}]}|");
    LINES("{\"tools\":[{}],\"conversations\":[{}]}\n",
          "1:{\"tools\":[{}],\"conversations\":[{}]}|");
    LINES("{\"text\":\"t\",\"authors\":[{}]}", "1:{\"text\":\"t\",\"authors\":[{}]}|");
    OBJECTS("{\n\"messages\":[{}]}", "1:{ \"messages\":[{}]}|");
    LINES("{\"data\":[1,{}]}", "1:{\"data\":[1,{}]}|"); /* no list of objects */
    LINES("{\"data\":[]}", "1:{\"data\":[]}|");
}

static void objects_one_after_another_are_records_whatever_they_hold(void **state)
{
    (void)state;
    LINES("{\"data\":[{}]}\n{\"data\":[{}]}\n", "1:{\"data\":[{}]}|2:{\"data\":[{}]}|");
    LINES("{\"data\":[{}],\"x\":[{}]}\nx\n", "1:{\"data\":[{}],\"x\":[{}]}|2:x|");
    OBJECTS("{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n", "1:{  \"a\": 1 }|4:{  \"a\": 2 }|");
    OBJECTS("\n{\n \"data\": [\n{}]\n}{}\n\n\n{ }", "2:{  \"data\": [ {}] }|5:{}|8:{ }|");
    OBJECTS("{\n\"a\": 1}", "1:{ \"a\": 1}|");
    BROKEN("{\n\"a\": 1}\n{\"b\":2}\n,{}", "@:4: expected the \"{\" of a record, found \",\"");
    BROKEN("{\n\"a\": 1}\n{\"b\":2\n",
           "@:3: the file ends within the record that begins here: it is truncated, or a quotation "
           "mark or bracket is not closed");
}

static void two_lists_in_one_object_are_refused_by_name(void **state)
{
    (void)state;
    static const char text[] = "{\"train\": [{\"a\":1}], \"validation\": [{\"a\":2}]}";
    fails("two.json", text, sizeof text - 1, YA_ERR_DATA,
          "@ holds two lists of records, train and validation: split it, for example with  jq -c "
          "'.[\"train\"][]' FILE > train.jsonl");
}

/* The second list is found when the first has been read. */
static void a_second_list_beyond_what_is_looked_at_is_refused_when_it_comes(void **state)
{
    (void)state;
    enum { N = 9 << 20 };
    ya_record_file *file;
    ya_line line;
    ya_error err = {0};
    FILE *out = fopen(scratch("far.json"), "wb");
    assert_non_null(out);
    fputs("{\"train\": [{\"a\":1}", out);
    for (int i = 0; i < N / 8; i++)
        fputs(",{\"a\":2}", out);
    fputs("],\n\"dev\":[{}]}", out);
    fclose(out);
    assert_int_equal(ya_record_file_open(&file, scratch("far.json"), NULL, &err), YA_OK);
    int n = 0;
    ya_status status;
    while (!(status = ya_record_file_next(file, &line, &err)) && line.text)
        n++;
    assert_int_equal(n, 1 + N / 8);
    assert_int_equal(status, YA_ERR_DATA);
    assert_non_null(strstr(err.text, "far.json holds two lists of records, train and dev: "));
    ya_record_file_close(file);
}

static void what_is_broken_around_the_list_is_named(void **state)
{
    (void)state;
    BROKEN("{\"data\":[{}]\n\"v\":1}", "@:2: expected \",\" or \"}\", found a quotation mark");
    BROKEN("{\"data\":[{}],\n1}", "@:2: expected the name of a member, found \"1\"");
    BROKEN("{\"data\":[{}],\n\"v\" 1}",
           "@:2: expected \":\" behind the name of a member, found \"1\"");
    BROKEN("{\"data\":[{}],\n\"v\":}", "@:2: expected the value of a member, found \"}\"");
    BROKEN("{\"data\":[{}],\"v\":[1",
           "@:1: the file ends where the end of a member's value was expected: it is truncated");
    BROKEN("{\"data\":[{}]",
           "@:1: the file ends where \",\" or \"}\" was expected: it is truncated");
}

/* Tables: -------------------------------------------------------------------------------------- */

static void rows_become_objects_of_strings(void **state)
{
    (void)state;
    CSV("text,label\nhello,1\nworld,2\n", "2:{\"text\": \"hello\", \"label\": \"1\"}|3:{\"text\": "
                                          "\"world\", \"label\": \"2\"}|");
    CSV("a,b\r\n\"x, y\",\" z \"\r\n\"say \"\"hi\"\"\",\\\r\n",
        "2:{\"a\": \"x, y\", \"b\": \" z \"}|3:{\"a\": \"say \\\"hi\\\"\", \"b\": \"\\\\\"}|");
    CSV("a,b\n\"1\n\n2\",x\n\n3,\n",
        "2:{\"a\": \"1\\n\\n2\", \"b\": \"x\"}|6:{\"a\": \"3\", \"b\": \"\"}|");
    CSV("a,b\n1,2", "2:{\"a\": \"1\", \"b\": \"2\"}|");
    CSV("\n\na;b\n1;2,5", "4:{\"a\": \"1\", \"b\": \"2,5\"}|");
    TSV("a\tb, c\n1\t2\n", "2:{\"a\": \"1\", \"b, c\": \"2\"}|");
    TSV("a\tb\n\"1\t1\"\t 2 \n   \n", "2:{\"a\": \"1\\t1\", \"b\": \" 2 \"}|");
    CSV("\"a\nb\",c\n1,2\n", "3:{\"a\\nb\": \"1\", \"c\": \"2\"}|");
    reads("one.csv", "text\nhello\n\n\"\"\n", 15, YA_FORM_CSV,
          "2:{\"text\": \"hello\"}|4:{\"text\": \"\"}|");
    reads("one.tsv", "text\n1,2\n", 9, YA_FORM_TSV, "2:{\"text\": \"1,2\"}|");
    reads("old.csv", "a,b\r1,2\r", 8, YA_FORM_CSV, "1:{\"a\": \"1\", \"b\": \"2\"}|");
    reads("head.csv", "a,b\n", 4, YA_FORM_CSV, "");
}

static void the_header_line_tells_the_delimiter_and_the_name_breaks_ties(void **state)
{
    (void)state;
    static const char tie[] = "a\tb,c\n1\t2,3\n";
    reads("t.csv", tie, sizeof tie - 1, YA_FORM_CSV, "2:{\"a\\tb\": \"1\\t2\", \"c\": \"3\"}|");
    reads("t.TSV.gz", tie, sizeof tie - 1, YA_FORM_TSV, "2:{\"a\": \"1\", \"b,c\": \"2,3\"}|");
    reads("t.csv", "a\tb\n1\t2\n", 8, YA_FORM_TSV, "2:{\"a\": \"1\", \"b\": \"2\"}|");
}

static void rows_that_do_not_fit_the_header_come_with_what_is_wrong(void **state)
{
    (void)state;
    static const char text[] = "a,b\n1\n1,2,3\n1,\xFF\n\"x\",\xC3\xA9\n";
    reads(
        "t.csv", text, sizeof text - 1, YA_FORM_CSV,
        "2:[\"1\"](the row has fewer cells than the header)|"
        "3:[\"1\", \"2\", \"3\"](the row has more cells than the header)|"
        "4:[\"1\", \"\xEF\xBF\xBD\"](the row is not UTF-8)|5:{\"a\": \"x\", \"b\": \"\xC3\xA9\"}|");
}

static void a_header_without_names_is_refused(void **state)
{
    (void)state;
    BROKEN("a,,b\n1,2,3\n", "@:1: column 2 has no name in the header: name it, or leave the column "
                            "out");
    BROKEN("\na,b,a\n1,2,3\n", "@:2: two columns of the header are named \"a\"");
}

static void broken_quoting_is_an_error_with_its_place(void **state)
{
    (void)state;
    static const char stray[] = "a,b\n1,2\n3,4 \"x\"\n", behind[] = "a,b\n\"1\n\" x,2\n";
    static const char open[] = "a,b\n1,\"2\n3,4\n";
    fails("t.csv", stray, sizeof stray - 1, YA_ERR_FORMAT,
          "@:3: a stray quotation mark: a cell that holds one is written as \"...\" with each of "
          "its own doubled (the row begins in line 3)");
    fails("t.csv", behind, sizeof behind - 1, YA_ERR_FORMAT,
          "@:3: a stray quotation mark: a cell that holds one is written as \"...\" with each of "
          "its own doubled (the row begins in line 2)");
    fails("t.csv", open, sizeof open - 1, YA_ERR_FORMAT,
          "@:2: the file ends within the row that begins here: a quotation mark is not closed");
}

/* Encodings: ----------------------------------------------------------------------------------- */

static void utf16_is_transcoded_pairs_included(void **state)
{
    (void)state;
    static const char little[] = "\xFF\xFE[\0\"\0\x3D\xD8\x00\xDE\xE9\0\xAC\x20\"\0]\0";
    static const char big[] = "\xFE\xFF\0[\0\"\xD8\x3D\xDE\x00\0\xE9\x20\xAC\0\"\0]";
    reads("u", little, sizeof little - 1, YA_FORM_ARRAY,
          "1:\"\xF0\x9F\x98\x80\xC3\xA9\xE2\x82\xAC\"|");
    reads("u", big, sizeof big - 1, YA_FORM_ARRAY, "1:\"\xF0\x9F\x98\x80\xC3\xA9\xE2\x82\xAC\"|");
}

static void broken_utf16_is_an_error_with_its_line(void **state)
{
    (void)state;
    BROKEN("\xFF\xFE[\0\n\0\x3D\xD8]\0", "@:2: a UTF-16 surrogate without its other half");
    BROKEN("\xFF\xFE[\0\n\0\x00\xDE]\0", "@:2: a UTF-16 surrogate without its other half");
    BROKEN("\xFE\xFF\0[\0\n\0", "@:2: the file ends within a UTF-16 character: it is truncated");
    BROKEN("\xFE\xFF\0[\xD8\x3D", "@:1: the file ends within a UTF-16 character: it is truncated");
}

/* A pair of surrogates, and lines, on both sides of every border of a buffer. */
static void utf16_comes_through_at_every_border_of_a_buffer(void **state)
{
    (void)state;
    enum { N = 50000 };
    ya_record_file *file;
    ya_line line;
    for (int shift = 0; shift < 2; shift++) {
        FILE *out = fopen(scratch("long.json"), "wb");
        assert_non_null(out);
        fwrite("\xFF\xFE", 1, 2, out);
        fwrite("[\0 \0", 1, shift ? 4 : 2, out);
        for (int i = 0; i < N; i++) /* 14 bytes each */
            fwrite(i ? ",\0\"\0\x3D\xD8\x00\xDE\"\0\n\0" : "\"\0\x3D\xD8\x00\xDE\"\0\n\0 \0", 1, 12,
                   out);
        fwrite("]\0", 1, 2, out);
        fclose(out);
        assert_int_equal(ya_record_file_open(&file, scratch("long.json"), NULL, NULL), YA_OK);
        for (int i = 0; i < N; i++) {
            assert_int_equal(ya_record_file_next(file, &line, NULL), YA_OK);
            assert_int_equal(line.number, i + 1);
            assert_int_equal(line.size, 6);
            assert_memory_equal(line.text, "\"\xF0\x9F\x98\x80\"", 6);
        }
        assert_int_equal(ya_record_file_next(file, &line, NULL), YA_OK);
        assert_null(line.text);
        ya_record_file_close(file);
    }
}

static void text_that_is_not_utf8_is_refused_when_none_of_it_is(void **state)
{
    (void)state;
    REFUSED("l.csv", "a,b\ncaf\xE9,gar\xE7on\n",
            "@ is not UTF-8 (Latin-1 or Windows-1252, it seems): convert it first, with  iconv -f "
            "WINDOWS-1252 -t UTF-8 @ > ^.utf8.csv");
    REFUSED("l", "{\"text\": \"caf\xE9 noir\"}",
            "@ is not UTF-8 (Latin-1 or Windows-1252, it seems): convert it first, with  iconv -f "
            "WINDOWS-1252 -t UTF-8 @ > @.utf8");
    static const char both[] = "{\"a\": \"caf\xE9 \xC3\xA9\"}\n";
    reads("l", both, sizeof both - 1, YA_FORM_LINES, "1:{\"a\": \"caf\xE9 \xC3\xA9\"}|");
    REFUSED("u.jsonl", "{\0\"\0a\0\"\0:\0001\0}\0",
            "@ is UTF-16 without a byte order mark: convert it first, with  iconv -f UTF-16LE -t "
            "UTF-8 @ > ^.utf8.jsonl");
    REFUSED("u.jsonl", "\0{\0\"\0a\0\"\0:\0001\0}",
            "@ is UTF-16 without a byte order mark: convert it first, with  iconv -f UTF-16BE -t "
            "UTF-8 @ > ^.utf8.jsonl");
    REFUSED("u.jsonl", "\xFF\xFE\0\0{\0\0\0}\0\0\0",
            "@ is UTF-32: convert it with  iconv -f UTF-32 -t UTF-8");
}

/* What the first 256 KiB cut off is no sign. */
static void a_character_that_the_first_bytes_cut_is_not_held_against_a_file(void **state)
{
    (void)state;
    enum { FIRST = 1 << 18 };
    static char text[FIRST + 16];
    ya_record_form form;
    for (int cut = 1; cut < 4; cut++) {
        memcpy(text, "[1,", 3);
        memset(text + 3, ' ', sizeof text - 3);
        memcpy(text + FIRST - cut - 1, "\"\xF0\x9F\x98\x80\"]", 7);
        const char *path = scratch_write("cut.json", text, sizeof text);
        ya_error err = {0};
        char *big = malloc(sizeof text);
        assert_int_equal(read_all(path, big, sizeof text, &form, &err), YA_OK);
        assert_string_equal(big, "1:1|1:\"\xF0\x9F\x98\x80\"|");
        free(big);
    }
}

/* Other formats: ------------------------------------------------------------------------------- */

#define PANDAS(read)                                                                               \
    "python3 -c \"import pandas; pandas." read                                                     \
    "('@').to_json('^.jsonl', orient='records', lines=True)\""

static void other_formats_are_refused_with_the_command_that_converts_them(void **state)
{
    (void)state;
    REFUSED("a.parquet", "PAR1\x15\x04",
            "@ is a Parquet file: convert it first, with  " PANDAS("read_parquet"));
    REFUSED("a.arrow", "ARROW1\0\0",
            "@ is an Arrow (Feather) file: convert it first, with  " PANDAS("read_feather"));
    REFUSED("a.feather", "FEA1\0\0\0\0",
            "@ is a Feather file: convert it first, with  " PANDAS("read_feather"));
    REFUSED("a.arrow", "\xFF\xFF\xFF\xFF\x10\2\0\0",
            "@ is an Arrow stream: convert it first, with  python3 -c \"import datasets; "
            "datasets.Dataset.from_file('@').to_json('^.jsonl')\"");
    REFUSED("a.XLSX", "PK\3\4\x14\0",
            "@ is an Excel workbook (XLSX): convert it first, with  " PANDAS("read_excel"));
    REFUSED("a.bin", "PK\3\4..[Content_Types].xml..xl/workbook.xml",
            "@ is an Excel workbook (XLSX): convert it first, with  " PANDAS("read_excel"));
    REFUSED("a.xls", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0",
            "@ is an Excel workbook (XLS): convert it first, with  " PANDAS("read_excel"));
    REFUSED("a.json", "PK\3\4..data.json..", "@ is a zip archive: unpack it first, with  unzip @");
    REFUSED("a.zip", "PK\5\6....",
            "@ is a zip archive without files; records are JSON lines, a JSON array, or CSV or TSV "
            "with a header line");
    REFUSED("a.db", "SQLite format 3\0....",
            "@ is an SQLite database: convert it first, with  sqlite3 -json @ 'SELECT * FROM "
            "a_table' > ^.json");
    REFUSED("a.jsonl.bz2", "BZh91AY&SY...",
            "@ is packed with bzip2: unpack it first, with  bunzip2 -k @");
    REFUSED("a.xz",
            "\xFD"
            "7zXZ\0\0\4",
            "@ is packed with xz: unpack it first, with  unxz -k @");
    REFUSED("a.7z", "7z\xBC\xAF\x27\x1C..", "@ is a 7z archive: unpack it first, with  7z x @");
    REFUSED("a.pdf", "%PDF-1.7\n",
            "@ is a PDF; records are JSON lines, a JSON array, or CSV or TSV with a header line");
    REFUSED("a b.parquet", "PAR1",
            "@ is a Parquet file: convert it first, with  python3 -c \"import pandas; "
            "pandas.read_parquet('FILE').to_json('FILE.jsonl', orient='records', lines=True)\"");
}

static void what_is_in_a_packed_file_is_unpacked_before_it_is_converted(void **state)
{
    (void)state;
    unsigned char tar[512] = "records.jsonl", packed[1024];
    memcpy(tar + 257, "ustar", 6);
    size_t n = pack(false, tar, sizeof tar, packed, sizeof packed);
    fails("a.tar.gz", packed, n, YA_ERR_UNSUPPORTED,
          "@ is a tar archive: unpack it first, with  gunzip -k @ && tar -xf ^");
    n = pack(true, "a,b\ncaf\xE9s,1\n", 12, packed, sizeof packed);
    fails("zst", packed, n, YA_ERR_UNSUPPORTED,
          "@ is not UTF-8 (Latin-1 or Windows-1252, it seems): convert it first, with  iconv -f "
          "WINDOWS-1252 -t UTF-8 @ > @.utf8");
    fails("l.zst", packed, n, YA_ERR_UNSUPPORTED,
          "@ is not UTF-8 (Latin-1 or Windows-1252, it seems): convert it first, with  unzstd @ "
          "&& iconv -f WINDOWS-1252 -t UTF-8 ^ > ^.utf8");
}

static void text_that_is_neither_json_nor_a_table_is_refused(void **state)
{
    (void)state;
#define EXPECTED "records are JSON lines, a JSON array, or CSV or TSV with a header line"
    BROKEN("Once upon a time, there was\na text.\n", "@ is neither JSON nor a table; " EXPECTED);
    BROKEN("one line, with a comma", "@ is neither JSON nor a table; " EXPECTED);
    BROKEN("text\nsingle\ncolumn\n", "@ is neither JSON nor a table; " EXPECTED);
    BROKEN("- a: 1\n- a: 2\n", "@ is neither JSON nor a table; " EXPECTED);
    BROKEN("\x7F"
           "ELF\2\1\1\0\0",
           "@ is binary data; " EXPECTED);
    REFUSED("a.xml", "\n<?xml version=\"1.0\"?>\n<a/>", "@ is XML or HTML; " EXPECTED);
    REFUSED("a", "<!doctype html>\n<html>", "@ is XML or HTML; " EXPECTED);
    REFUSED("a", "<html><body>a, b", "@ is XML or HTML; " EXPECTED);
    REFUSED("a", "%YAML 1.2\n---\n", "@ is YAML: convert it first, with  yq -o=json . @ > @.json");
    REFUSED("a.yml", "- a: 1\n", "@ is YAML: convert it first, with  yq -o=json . @ > ^.json");
}

/* Sizes and failures: -------------------------------------------------------------------------- */

/* [{"a":"xx..."},"z"] with an item of `size` bytes. */
static void long_item(size_t size, bool too_long)
{
    static char block[1 << 20];
    ya_record_file *file;
    ya_line line;
    memset(block, 'x', sizeof block);
    FILE *out = fopen(scratch("long.json"), "wb");
    assert_non_null(out);
    fputs("[\n{\"a\":\"", out);
    for (size_t left = size - 8; left;) {
        size_t n = left < sizeof block ? left : sizeof block;
        assert_int_equal(fwrite(block, 1, n, out), n);
        left -= n;
    }
    fputs("\"},\n\"z\"]", out);
    fclose(out);
    assert_int_equal(ya_record_file_open(&file, scratch("long.json"), NULL, NULL), YA_OK);
    assert_int_equal(ya_record_file_next(file, &line, NULL), YA_OK);
    assert_int_equal(line.too_long, too_long);
    assert_int_equal(line.size, too_long ? 1000 : size);
    assert_int_equal(line.number, 2);
    assert_memory_equal(line.text, "{\"a\":\"xxxx", 10);
    assert_int_equal(line.text[line.size - 1], too_long ? 'x' : '}');
    assert_int_equal(ya_record_file_next(file, &line, NULL), YA_OK);
    assert_int_equal(line.size, 3);
    assert_int_equal(line.number, 3);
    assert_false(line.too_long);
    assert_int_equal(ya_record_file_next(file, &line, NULL), YA_OK);
    assert_null(line.text);
    ya_record_file_close(file);
}

static void an_item_is_too_long_above_64_mib_and_only_its_start_is_kept(void **state)
{
    (void)state;
    long_item(YA_LINE_MAX_BYTES, false);
    long_item(YA_LINE_MAX_BYTES + 1, true);
    long_item(YA_LINE_MAX_BYTES + 2, true);
    long_item(YA_LINE_MAX_BYTES + 3, true);
    long_item(YA_LINE_MAX_BYTES + 3000000, true);
}

/* Items of many lengths: each is what was written, wherever a buffer ends. */
static void items_of_every_length_around_the_buffer_come_through(void **state)
{
    (void)state;
    static const size_t lengths[] = {262143,  1,      262142, 262144, 262145, 5, 1048575, 1048576,
                                     1048577, 131072, 7,      300000, 262140, 3, 2};
    enum { N = sizeof lengths / sizeof *lengths };
    ya_record_file *file;
    ya_line line;
    FILE *out = fopen(scratch("b.json"), "wb");
    assert_non_null(out);
    for (int i = 0; i < N; i++) {
        fputs(i ? ",\n\"" : "[\"", out);
        for (size_t k = 0; k < lengths[i]; k++)
            fputs(k % 7 ? "y" : "\\\\", out);
        fputc('"', out);
    }
    fputs("\n]", out);
    fclose(out);
    assert_int_equal(ya_record_file_open(&file, scratch("b.json"), NULL, NULL), YA_OK);
    for (int i = 0; i < N; i++) {
        assert_int_equal(ya_record_file_next(file, &line, NULL), YA_OK);
        assert_int_equal(line.number, i + 1);
        assert_int_equal(line.size, lengths[i] + (lengths[i] + 6) / 7 + 2);
    }
    assert_int_equal(ya_record_file_next(file, &line, NULL), YA_OK);
    assert_null(line.text);
    ya_record_file_close(file);
}

/* Arrays are told and read through a pipe, which cannot be read twice, in whatever pieces. */
static void *feed_pipe(void *argument)
{
    static const char text[] = "[\n{\"a\": \"x\\\"y\"},\n{\"b\": [2]} ]\n";
    int to = open(argument, O_WRONLY);
    assert_true(to >= 0);
    for (size_t i = 0; i < sizeof text - 1; i++)
        assert_int_equal(write(to, text + i, 1), 1);
    close(to);
    return NULL;
}

static void a_pipe_is_as_good_as_a_file(void **state)
{
    (void)state;
    char path[300], found[100];
    pthread_t feeder;
    ya_record_form form;
    ya_error err = {0};
    snprintf(path, sizeof path, "%s", scratch("pipe"));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pthread_create(&feeder, NULL, feed_pipe, path), 0);
    assert_int_equal(read_all(path, found, sizeof found, &form, &err), YA_OK);
    pthread_join(feeder, NULL);
    assert_string_equal(found, "2:{\"a\": \"x\\\"y\"}|3:{\"b\": [2]}|");
    assert_int_equal(form, YA_FORM_ARRAY);
}

static void every_failing_allocation_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    static char found[800000], text[700000];
    const char *names[] = {"a.json", "t.csv", "u.json"};
    memset(text, 'x', sizeof text);
    memcpy(text, "[\"", 2);
    memcpy(text + sizeof text - 2, "\"]", 2);
    scratch_write("a.json", text, sizeof text);
    memcpy(text, "a,b\nc,", 6);
    text[sizeof text - 2] = 'x';
    text[sizeof text - 1] = '\n';
    scratch_write("t.csv", text, sizeof text);
    scratch_write("u.json", "\xFF\xFE[\0001\0]\0", 8);
    for (int i = 0; i < 3; i++) {
        ya_status status = YA_ERR_MEMORY;
        ya_record_form form;
        int n = 0;
        while (status) {
            ya_alloc_fail_at((uint64_t)++n);
            status = read_all(scratch(names[i]), found, sizeof found, &form, NULL);
            ya_alloc_fail_at(0);
            assert_true(status == YA_OK || status == YA_ERR_MEMORY);
        }
        assert_true(n > 4);
    }
}

static void a_compressed_file_is_checked_to_its_end(void **state)
{
    (void)state;
    unsigned char packed[200];
    ya_error err = {0};
    size_t n = pack(true, "{}\n", 3, packed, sizeof packed);
    assert_int_equal(ya_record_file_check(scratch_write("c", packed, n), &err), YA_OK);
    assert_int_equal(ya_record_file_check(scratch_write("c", packed, n - 1), &err), YA_ERR_FORMAT);
    assert_non_null(strstr(err.text, "truncated"));
    assert_int_equal(ya_record_file_check(scratch_text("c", "[1"), &err), YA_OK);
    assert_int_equal(ya_record_file_check(scratch("absent"), &err), YA_OK);
}

/* The files of people: ------------------------------------------------------------------------- */

static void shared_arrays_give_all_their_records(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int n;
    } files[] = {{"array1000.json", 1000},
                 {"array_by_line.jsonl", 30},
                 {"alpaca.json", 3},
                 {"alpaca_oneline.jsonl", 3}};
    const char *shared = getenv("YA_SHARED");
    if (!shared)
        skip();
    for (int i = 0; i < 4; i++) {
        char path[1000];
        ya_record_file *file;
        ya_line line;
        ya_error err = {0};
        int n = 0;
        snprintf(path, sizeof path, "%s/trials/records/%s", shared, files[i].name);
        if (access(path, R_OK) != 0)
            skip();
        assert_int_equal(ya_record_file_open(&file, path, &options, &err), YA_OK);
        assert_int_equal(ya_record_file_form(file), YA_FORM_ARRAY);
        while (ya_record_file_next(file, &line, &err) == YA_OK && line.text) {
            assert_int_equal(line.text[0], '{');
            assert_int_equal(line.text[line.size - 1], '}');
            n++;
        }
        assert_int_equal(n, files[i].n);
        ya_record_file_close(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read_as_ever),
        cmocka_unit_test(a_first_line_that_is_no_json_does_not_hide_the_lines_behind_it),
        cmocka_unit_test(an_array_is_read_however_it_is_laid_out),
        cmocka_unit_test(brackets_quotes_and_escapes_inside_of_strings_delimit_nothing),
        cmocka_unit_test(items_that_are_no_objects_or_no_json_are_handed_out_too),
        cmocka_unit_test(what_is_broken_between_items_is_named_with_its_line),
        cmocka_unit_test(an_array_that_ends_early_is_truncated),
        cmocka_unit_test(an_object_that_holds_one_list_of_objects_is_read_as_that_list),
        cmocka_unit_test(an_object_with_a_members_name_of_a_record_is_one),
        cmocka_unit_test(objects_one_after_another_are_records_whatever_they_hold),
        cmocka_unit_test(two_lists_in_one_object_are_refused_by_name),
        cmocka_unit_test(a_second_list_beyond_what_is_looked_at_is_refused_when_it_comes),
        cmocka_unit_test(what_is_broken_around_the_list_is_named),
        cmocka_unit_test(rows_become_objects_of_strings),
        cmocka_unit_test(the_header_line_tells_the_delimiter_and_the_name_breaks_ties),
        cmocka_unit_test(rows_that_do_not_fit_the_header_come_with_what_is_wrong),
        cmocka_unit_test(a_header_without_names_is_refused),
        cmocka_unit_test(broken_quoting_is_an_error_with_its_place),
        cmocka_unit_test(utf16_is_transcoded_pairs_included),
        cmocka_unit_test(broken_utf16_is_an_error_with_its_line),
        cmocka_unit_test(utf16_comes_through_at_every_border_of_a_buffer),
        cmocka_unit_test(text_that_is_not_utf8_is_refused_when_none_of_it_is),
        cmocka_unit_test(a_character_that_the_first_bytes_cut_is_not_held_against_a_file),
        cmocka_unit_test(other_formats_are_refused_with_the_command_that_converts_them),
        cmocka_unit_test(what_is_in_a_packed_file_is_unpacked_before_it_is_converted),
        cmocka_unit_test(text_that_is_neither_json_nor_a_table_is_refused),
        cmocka_unit_test(an_item_is_too_long_above_64_mib_and_only_its_start_is_kept),
        cmocka_unit_test(items_of_every_length_around_the_buffer_come_through),
        cmocka_unit_test(a_pipe_is_as_good_as_a_file),
        cmocka_unit_test(every_failing_allocation_is_an_error_and_leaks_nothing),
        cmocka_unit_test(a_compressed_file_is_checked_to_its_end),
        cmocka_unit_test(shared_arrays_give_all_their_records),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
