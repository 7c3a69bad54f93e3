/* Questions that a model is asked: TruthfulQA's, or those of a suite (docs/SUITES.md). */
#ifndef YA_EVAL_QUESTIONS_H
#define YA_EVAL_QUESTIONS_H

#include "eval/continuations.h"
#include "io/sha256.h"
#include "token/chat.h"

#include <jansson.h>
#include <stdbool.h>

/* What a choice is. MC1: the single-answer list of TruthfulQA, and every choice of a suite. */
enum { YA_IN_MC1 = 1, YA_RIGHT_MC1 = 2, YA_IN_MC2 = 4, YA_RIGHT_MC2 = 8 };

typedef struct {
    const char *text;
    unsigned is;
} ya_choice;

typedef enum {
    YA_ASK_QUESTION, /* as "Q: ...\nA:", or through the chat template */
    YA_ASK_PROMPT    /* the text as it stands */
} ya_asking;

/* Texts belong to `documents`. */
typedef struct {
    size_t number;        /* from 1: position in the file, or its line */
    const char *category; /* never NULL */
    const char *text;
    ya_asking asking;
    ya_choice *choices; /* NULL: free form */
    size_t n_choices;
    const json_t *all, *any, *none; /* keywords of a free-form answer; arrays of texts, or NULL */
    int max_tokens;
} ya_question;

/* The least share of right answers that a category ("all": of all questions) must reach. */
typedef struct {
    const char *category;
    double minimum;
} ya_threshold;

typedef struct {
    char *path;
    char sha256[YA_SHA256_HEX]; /* of the file */
    const char *name;           /* of the benchmark or suite */
    const char *examples;       /* stands before each question; "" for none */
    bool mean;                  /* choices compare by the mean over their tokens, not by the sum */
    ya_question *list;
    size_t n, room;
    ya_threshold *thresholds;
    size_t n_thresholds;
    json_t *documents; /* array of what was read */
} ya_questions;

enum {
    YA_QUESTIONS_MAX = 1000000,
    YA_CHOICES_MAX = 256,
    YA_QUESTION_MAX_BYTES = 1 << 16, /* of one text */
    YA_ANSWER_MAX_TOKENS = 4096
};

/* Multiple choice of TruthfulQA: a JSON array of {"question", "mc1_targets", "mc2_targets"}, each
 * target set {choice: 0|1, ...} or {"choices": [...], "labels": [...]}. At most `limit` questions
 * (0: all). YA_ERR_DATA with file and question for what is not so. */
ya_status ya_truthfulqa_read(ya_questions *q, const char *path, size_t limit,
                             ya_error *err) YA_CHECK;
/* A suite: a file, or the name of one that is built in ("source-preference"). YA_ERR_DATA with file
 * and line. */
ya_status ya_suite_read(ya_questions *q, const char *path, size_t limit, ya_error *err) YA_CHECK;
/* The same from text; `what` stands for the file in messages. For each line. */
ya_status ya_suite_line(ya_questions *q, const char *text, size_t size, size_t number,
                        const char *what, ya_error *err) YA_CHECK;
/* Once all lines are there: thresholds name categories that exist, and there is a question. */
ya_status ya_suite_check(const ya_questions *q, const char *what, ya_error *err) YA_CHECK;
void ya_questions_free(ya_questions *q);

/* Appends a question, zeroed but for its number; NULL when out of memory. */
ya_question *ya_questions_add(ya_questions *q, size_t number);

/* Appends question i as a group of `c`, a continuation a choice. `chat` NULL: as plain text; a
 * YA_ASK_PROMPT is plain text always. Through a template the answer includes its end of turn. */
ya_status ya_question_encode(const ya_questions *q, size_t i, const ya_tokenizer *tokenizer,
                             const ya_chat *chat, ya_continuations *c, ya_error *err) YA_CHECK;
/* The tokens that a free-form answer continues. */
ya_status ya_question_prompt(const ya_questions *q, size_t i, const ya_tokenizer *tokenizer,
                             const ya_chat *chat, ya_ids *ids, ya_error *err) YA_CHECK;

/* True when a free-form answer has all of `all`, one of `any` and none of `none`: as whole words,
 * upper and lower case alike. */
ya_status ya_question_judge(const ya_question *q, const char *answer, bool *right,
                            ya_error *err) YA_CHECK;

#endif
