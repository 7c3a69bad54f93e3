/* Makes a corpus for the measuring of score and prepare: records of several kinds of sources, in
 * files whose names hint at them, of made text with the words, citations, dates, escapes and
 * letters that real ones have.
 *
 *     bench_make_corpus DIR MEGABYTES */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 42;

static uint64_t draw(void)
{
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15); /* SplitMix64 */
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static unsigned below(unsigned n)
{
    return (unsigned)((draw() >> 32) * n >> 32);
}

/* The commonest words of English first; drawn with a chance that falls with their place. */
static const char *const common[] = {
    "the",          "of",
    "and",          "to",
    "in",           "a",
    "is",           "that",
    "was",          "for",
    "it",           "with",
    "as",           "his",
    "on",           "be",
    "at",           "by",
    "had",          "not",
    "are",          "but",
    "from",         "or",
    "have",         "an",
    "they",         "which",
    "one",          "you",
    "were",         "her",
    "all",          "she",
    "there",        "would",
    "their",        "we",
    "him",          "been",
    "has",          "when",
    "who",          "will",
    "more",         "no",
    "if",           "out",
    "so",           "said",
    "what",         "up",
    "its",          "about",
    "into",         "than",
    "them",         "can",
    "only",         "other",
    "new",          "some",
    "could",        "time",
    "these",        "two",
    "may",          "then",
    "do",           "first",
    "any",          "my",
    "now",          "such",
    "like",         "our",
    "over",         "man",
    "me",           "even",
    "most",         "made",
    "after",        "also",
    "did",          "many",
    "before",       "must",
    "through",      "years",
    "where",        "much",
    "your",         "way",
    "well",         "down",
    "should",       "because",
    "each",         "just",
    "those",        "people",
    "how",          "too",
    "little",       "state",
    "good",         "very",
    "make",         "world",
    "still",        "own",
    "see",          "men",
    "work",         "long",
    "get",          "here",
    "between",      "both",
    "life",         "being",
    "under",        "never",
    "day",          "same",
    "another",      "know",
    "while",        "last",
    "might",        "us",
    "great",        "old",
    "year",         "off",
    "come",         "since",
    "against",      "go",
    "came",         "right",
    "used",         "take",
    "three",        "history",
    "river",        "country",
    "morning",      "question",
    "general",      "company",
    "water",        "number",
    "problem",      "interest",
    "program",      "business",
    "field",        "figure",
    "surface",      "material",
    "process",      "pressure",
    "compound",     "method",
    "children",     "continued",
    "department",   "understanding",
    "considerable", "relationship",
    "temperature",  "international",
};

/* What the default policy looks for, one word in a hundred. */
static const char *const markers[] = {
    "experiment", "letters",      "archive",     "official",      "news",   "studies show",
    "patent",     "references",   "results",     "conclusion",    "policy", "interview",
    "university", "sample",       "measurement", "journal",       "media",  "measured",
    "chapter",    "observations", "manuscript",  "press release", "diary",  "experts agree",
};

static const char *const odd[] = {
    "[12]",        "[3, 4]",         "(Smith et al., 2019)", "US 4,123,456",
    "caf\xC3\xA9", "\\\"quoted\\\"", "na\xC3\xAFve",         "3.14",
    "1987",        "\xE2\x80\x94",   "M\\u00fcller",         "(see below)",
    "50%",         "e.g.",
};

typedef struct {
    const char *name, *head, *tail;
    unsigned least, most; /* words of a record */
    unsigned share;       /* of all bytes, in percent */
} kind;

static const kind kinds[] = {
    {"arxiv.jsonl", "\"abstract\": \"", "\", \"url\": \"https://arxiv.org/abs/1234\"", 100, 250,
     10},
    {"big_patent.jsonl", "\"description\": \"", "\", \"year\": 1955, \"source_type\": \"patent\"",
     500, 2500, 20},
    {"chat.jsonl",
     "\"messages\": [{\"role\": \"user\", \"content\": \"Tell me\"}, {\"role\": \"assistant\", "
     "\"content\": \"",
     "\"}]", 20, 300, 5},
    {"cnn.jsonl", "\"article\": \"", "\", \"publisher\": \"Daily news\", \"date\": \"2009-04-01\"",
     300, 900, 15},
    {"gutenberg.jsonl", "\"text\": \"", "\", \"metadata\": {\"year\": 1861, \"language\": \"en\"}",
     800, 4000, 20},
    {"web.jsonl", "\"text\": \"",
     "\", \"url\": \"https://www.example.com/a/b?c=d\", \"score\": 0.53", 30, 800, 20},
    {"wikipedia.jsonl", "\"title\": \"A page\", \"text\": \"",
     "\", \"url\": \"https://en.wikipedia.org/wiki/A\"", 60, 900, 10},
};

static void put_text(FILE *file, unsigned n)
{
    enum { N_COMMON = sizeof common / sizeof *common };
    unsigned sentence = 5 + below(20);
    for (unsigned i = 0; i < n; i++) {
        unsigned what = below(1000), a = below(N_COMMON), b = below(N_COMMON);
        const char *word = what < 10   ? markers[below(sizeof markers / sizeof *markers)]
                           : what < 20 ? odd[below(sizeof odd / sizeof *odd)]
                                       : common[a * b / N_COMMON];
        fputs(word, file);
        if (i == sentence) {
            sentence += 5 + below(20);
            fputs(below(6) ? ". " : ".\\n\\n", file);
        } else {
            fputs(below(12) ? " " : ", ", file);
        }
    }
}

static int make_file(const char *directory, const kind *k, double bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, k->name);
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        return 1;
    }
    for (unsigned long id = 0; (double)ftell(file) < bytes; id++) {
        fprintf(file, "{\"identifier\": \"%.4s-%lu\", %s", k->name, id, k->head);
        put_text(file, k->least + below(k->most - k->least));
        fprintf(file, "%s}\n", k->tail);
    }
    if (fclose(file) != 0) {
        perror(path);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    double megabytes = argc == 3 ? strtod(argv[2], NULL) : 0;
    if (megabytes <= 0) {
        fprintf(stderr, "usage: %s DIR MEGABYTES\n", argv[0]);
        return 2;
    }
    int failed = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        failed |= make_file(argv[1], &kinds[i], megabytes * 1e4 * kinds[i].share);
    return failed;
}
