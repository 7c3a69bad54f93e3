/* Any text through small tokenizers of each kind: the first byte chooses one, the rest is text. */
#include "fuzz_file.h"
#include "fuzz_tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ADDED(id, text, flags)                                                                     \
    "{\"id\":" id ",\"content\":\"" text "\",\"special\":true,\"normalized\":false" flags "}"
#define BYTE_LEVEL                                                                                 \
    "\"vocab\":{\"a\":0,\"b\":1,\"\\u0120\":2,\"ab\":3,\"\\u0120a\":4,\"\\u00c3\":5,\"1\":6,"      \
    "\"\\u0120\\u0120\":7,\"aa\":8,\"abab\":9},"                                                   \
    "\"merges\":[\"a b\",\"\\u0120 a\",\"\\u0120 \\u0120\",\"a a\",\"ab ab\"]"
#define SPLIT(regex)                                                                               \
    "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":"        \
    "\"" regex                                                                                     \
    "\"},\"behavior\":\"Isolated\"},{\"type\":\"ByteLevel\",\"add_prefix_space\":false,"           \
    "\"use_regex\":false}]}"

static const char *const documents[] = {
    "{\"model\":{\"type\":\"BPE\"," BYTE_LEVEL "},\"normalizer\":{\"type\":\"NFC\"},"
    "\"pre_tokenizer\":" SPLIT(
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}"
        "+|\\\\p{N}{1,3}| "
        "?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+("
        "?!\\\\S)|\\\\s+") ","
                           "\"decoder\":{\"type\":\"ByteLevel\"},\"added_"
                           "tokens\":[" ADDED("10", "<s>", ",\"lstrip\":true,\"rstrip\":true") "]}",
    "{\"model\":{\"type\":\"BPE\",\"ignore_merges\":true,\"unk_token\":\"b\",\"fuse_unk\":"
    "true," BYTE_LEVEL
    "},\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Digits\","
    "\"individual_digits\":true},{\"type\":\"ByteLevel\"}]},\"decoder\":{\"type\":\"ByteLevel\"},"
    "\"added_tokens\":[" ADDED("10", "<s>", ",\"single_word\":true") "]}",
    "{\"model\":{\"type\":\"BPE\"," BYTE_LEVEL
    "},\"pre_tokenizer\":" SPLIT("\\\\p{L}+|\\\\s?.") ","
                                                      "\"decoder\":null}",
    "{\"model\":{\"type\":\"BPE\",\"unk_token\":\"u\",\"byte_fallback\":true,\"vocab\":{\"u\":0,"
    "\"\\u2581\":1,\"a\":2,\"\\u2581a\":3,\"<0x0A>\":4,\"\\u2581\\u2581\":5,\"e\":6,\"aa\":7},"
    "\"merges\":[[\"\\u2581\",\"a\"],[\"\\u2581\",\"\\u2581\"],[\"a\",\"a\"]]},"
    "\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\\u2581\",\"prepend_scheme\":"
    "\"first\",\"split\":true},\"decoder\":{\"type\":\"Sequence\",\"decoders\":[{\"type\":"
    "\"Replace\",\"pattern\":{\"String\":\"\\u2581\"},\"content\":\" \"},{\"type\":"
    "\"ByteFallback\"},{\"type\":\"Fuse\"},{\"type\":\"Strip\",\"content\":\" \",\"start\":1,"
    "\"stop\":0}]},\"added_tokens\":[{\"id\":8,\"content\":\"<s>\",\"special\":false,"
    "\"normalized\":true}]}",
};

enum { N_DOCUMENTS = sizeof documents / sizeof *documents };

static ya_tokenizer *tokenizer_of(unsigned which)
{
    static ya_tokenizer *opened[N_DOCUMENTS];
    ya_error err = {0};
    if (!opened[which]) {
        const char *text = documents[which];
        const char *path = fuzz_file((const uint8_t *)text, strlen(text), ".json");
        if (ya_tokenizer_open(&opened[which], path, &err) != YA_OK) {
            fprintf(stderr, "%s\n", err.text);
            abort();
        }
    }
    return opened[which];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const ya_tokenizer *t = tokenizer_of(data[0] % N_DOCUMENTS);
    const char *text = (const char *)data + 1;
    ya_ids ids = {0};
    ya_error err = {0};
    fuzz_text(t, text, size - 1);
    /* Text that is not UTF-8 is taken too. */
    fuzz_fail_unless(ya_tokenizer_encode(t, text, size - 1, true, &ids, &err) == YA_OK);
    ya_ids_free(&ids);
    return 0;
}
