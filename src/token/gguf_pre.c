/* The pre-tokenizers that tokenizer.ggml.pre names, as llama.cpp splits
 * (https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp). Expressions cut one
 * after the other, each what the one before left; matches and what lies between them are pieces
 * alike. */
#include "token/gguf_pre.h"

#include <string.h>

#define CONTRACTION "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
/* Letters that are not a-z, not A-Z: how llama.cpp has upper and lower case. */
#define UPPER "(?:(?![a-z])\\p{L})"
#define LOWER "(?:(?![A-Z])\\p{L})"
#define CASED(end)                                                                                 \
    "[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+" end "|[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER     \
    "*" end
#define SLASHED "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

/* clang-format off */
static const char *const tekken[] = {CASED("") "|\\p{N}" SLASHED, NULL};
static const char *const gpt4o[] = {CASED(CONTRACTION "?") "|\\p{N}{1,3}" SLASHED, NULL};
static const char *const qwen35[] = {
    CONTRACTION "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|"
    "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", NULL};
static const char *const deepseek_llm[] = {
     "[\r\n]",
     "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷ"
     "ᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄ"
     "Ⰰ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+",
     "\\s?(?:(?!\\s)[!-/:-~！-／：-～‘-‟　-。])+",
     "\\s+$",
     "(?:(?!\\s)[一-龥ࠀ-一가-퟿])+",
     "\\p{N}+", NULL};
static const char *const deepseek_coder[] = {
     "[\r\n]",
     "\\s?\\p{L}+",
     "\\s?\\p{P}+",
     "(?:(?!\\s)[一-龥ࠀ-一가-퟿])+",
     "\\p{N}", NULL};
static const char *const deepseek_v3[] = {
     "\\p{N}{1,3}",
     "[一-龥぀-ゟ゠-ヿ]+",
     "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?"
     "[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+", NULL};
static const char *const by_default[] = {
    "[\\p{P}\\$\\+<=>\\^~\\|]+",
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)",
    "\\p{N}+", "[0-9][0-9][0-9]", NULL};
static const char *const falcon[] = {
    "[\\p{P}\\$\\+<=>\\^~\\|`]+",
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)",
    "[0-9][0-9][0-9]", NULL};

/* names, expressions or matcher, nfc, digits, ignore_merges, add_bos */
static const ya_gguf_pre kinds[] = {
    {"llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2",
     NULL, ya_split_llama3, false, false, true, true},
    {"smaug-bpe dbrx chatglm-bpe", NULL, ya_split_llama3, false, false, false, false},
    {"glm4 glm5", NULL, ya_split_llama3, false, false, true, false},
    {"qwen2", NULL, ya_split_qwen2, true, false, false, false},
    {"deepseek-r1-qwen kormo f2llmv2 megrez stablelm2 hunyuan solar-open grok-2",
     NULL, ya_split_qwen2, false, false, false, false},
    {"qwen35", qwen35, NULL, false, false, false, false},
    {"smollm starcoder refact command-r codeshell exaone minerva-7b mellum2",
     NULL, ya_split_gpt2, false, true, false, false},
    {"gpt-2 gpt2 phi-2 gigachat a.x-4.0 mellum mpt olmo jais trillion granite-docling exaone4",
     NULL, ya_split_gpt2, false, false, false, false},
    {"tekken", tekken, NULL, false, false, true, true},
    {"gpt-4o llama4 kanana2 talkie minimax-m2", gpt4o, NULL, false, false, false, false},
    {"deepseek-llm", deepseek_llm, NULL, false, false, false, false},
    {"deepseek-coder", deepseek_coder, NULL, false, false, false, false},
    {"deepseek-v3 hunyuan-dense joyai-llm hy_v4", deepseek_v3, NULL, false, false, false, false},
    {"falcon", falcon, NULL, false, false, false, false},
    {"default", by_default, NULL, false, false, false, false},
};
/* clang-format on */

const ya_gguf_pre *ya_gguf_pre_find(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (const char *at = kinds[i].names; *at; at += *at == ' ') {
            size_t n = strcspn(at, " ");
            if (n == size && memcmp(at, name, n) == 0)
                return &kinds[i];
            at += n;
        }
    return NULL;
}
