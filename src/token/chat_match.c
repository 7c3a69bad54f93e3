/* Which of the known templates a list of statements is. A family is a table of the statements that
 * its published variants are made of; a template belongs to it when each of its statements is in
 * the table, and those that make the family are there. A statement that is in no table is a
 * template that we would have to guess. */
#include "token/chat_internal.h"

#include "base/alloc.h"

#include <string.h>

/* Marks of statements that make a family; above the features. */
enum { BODY = 1 << 20, PROMPT = 1 << 21, IF_PROMPT = 1 << 22, SYS = 1 << 23, THINK = 1 << 24 };
enum { ANSWER = 1 << 25, TOOL = 1 << 26, HEAD = 1 << 27, DEFAULT = 1 << 28, ORDER = 1 << 29 };

/* `pattern`: '*' stands for any text within a literal and is kept as `text` (and the second one as
 * the next of the enumeration); YA_CHAT_TEXTS: not kept. */
typedef struct {
    const char *pattern;
    unsigned marks;
    ya_chat_text text;
} rule;

/* No template has two of these. */
enum { ONCE = BODY | PROMPT | IF_PROMPT | THINK | ANSWER | TOOL | HEAD | DEFAULT | ORDER };

#define NONE YA_CHAT_TEXTS
#define SYSTEM_FIRST "%if messages[0]['role']=='system'"
#define TURN "'<|im_start|>'+message['role']+'\\n'+"
#define HEADER "'<|start_header_id|>'+message['role']+'<|end_header_id|>\\n\\n'+message['content']"
#define UNEVEN "!=(loop.index0%2==0)"

/* In every family. */
static const rule common[] = {
    {"%for message in messages", 0, NONE},
    {"%for message in loop_messages", 0, NONE},
    {"%set loop_messages=messages", 0, NONE},
    {"%if add_generation_prompt", IF_PROMPT, NONE},
    {"%if not add_generation_prompt is defined", 0, NONE},
    {"%set add_generation_prompt=false", 0, NONE},
    {"%set add_generation_prompt=true", 0, NONE},
    {"%if not tools is defined", 0, NONE},
    {"%set tools=none", 0, NONE},
    {"%if not tools_in_user_message is defined", 0, NONE},
    {"%set tools_in_user_message=true", 0, NONE},
    {NULL, 0, NONE},
};

static const rule header[] = {
    {"=bos_token", HEAD, NONE},
    {"%set content=" HEADER "|trim+'<|eot_id|>'", BODY | YA_CHAT_TRIM, NONE},
    {"=" HEADER "|trim+'<|eot_id|>'", BODY | YA_CHAT_TRIM, NONE},
    {"%set content=" HEADER "+'<|eot_id|>'", BODY, NONE},
    {"=" HEADER "+'<|eot_id|>'", BODY, NONE},
    {"%if loop.index0==0", 0, NONE},
    {"%set content=bos_token+content", HEAD, NONE},
    {"=content", 0, NONE},
    {"='<|start_header_id|>assistant<|end_header_id|>\\n\\n'", PROMPT, NONE},
    {"%if not date_string is defined", 0, NONE},
    {"%if strftime_now is defined", 0, NONE},
    {"%set date_string=strftime_now('%d %b %Y')", YA_CHAT_NOW, NONE},
    {"%set date_string='*'", 0, YA_CHAT_DATE},
    {SYSTEM_FIRST, SYS, NONE},
    {"%set system_message=messages[0]['content']|trim", 0, NONE},
    {"%set messages=messages[1:]", 0, NONE},
    {"%set system_message=''", 0, NONE},
    {"='<|start_header_id|>system<|end_header_id|>\\n\\n'", SYS, NONE},
    {"='Cutting Knowledge Date: December 2023\\n'", YA_CHAT_DATES, NONE},
    {"='Today Date: '+date_string+'\\n\\n'", 0, NONE},
    {"=system_message", 0, NONE},
    {"='<|eot_id|>'", 0, NONE},
    {"%if not(message['role']=='ipython'or message['role']=='tool'or'tool_calls'in message)",
     YA_CHAT_IPYTHON, NONE},
    {"%elif message['role']=='tool'or message['role']=='ipython'", 0, NONE},
    {"='<|start_header_id|>ipython<|end_header_id|>\\n\\n'", 0, NONE},
    {"%if message['content']is mapping or message['content']is iterable", 0, NONE},
    {"=message['content']|tojson", 0, NONE},
    {"=message['content']", 0, NONE},
    {NULL, 0, NONE},
};

static const rule chatml[] = {
    {"=bos_token", YA_CHAT_BOS, NONE},
    {"=" TURN "message['content']+'<|im_end|>\\n'", BODY, NONE},
    {"%if loop.first and messages[0]['role']!='system'", DEFAULT, NONE},
    {"='<|im_start|>system\\n*<|im_end|>\\n'", SYS, YA_CHAT_DEFAULT_SYSTEM},
    {"='<|im_start|>assistant\\n'", PROMPT, NONE},
    {NULL, 0, NONE},
};

/* Tool responses, shared by the two families of Qwen. */
#define TOOL_RULES                                                                                 \
    {"%elif message['role']=='tool'", TOOL, NONE},                                                 \
        {"%if(loop.index0==0)or(messages[loop.index0-1]['role']!='tool')", 0, NONE},               \
        {"%if loop.first or(messages[loop.index0-1]['role']!='tool')", 0, NONE},                   \
        {"%if loop.last or(messages[loop.index0+1]['role']!='tool')", 0, NONE},                    \
        {"='<|im_start|>user'", 0, NONE}, {"='\\n<tool_response>\\n'", 0, NONE},                   \
        {"=message['content']", 0, NONE}, {"=content", 0, NONE},                                   \
        {"='\\n</tool_response>'", 0, NONE}, {"='<|im_end|>\\n'", 0, NONE},                        \
    {                                                                                              \
        "='<|im_start|>assistant\\n'", PROMPT, NONE                                                \
    }

#define USER_OR_SYSTEM "(message['role']=='user')or(message['role']=='system'and not loop.first)"

static const rule qwen25[] = {
    {SYSTEM_FIRST, 0, NONE},
    {"='<|im_start|>system\\n'+messages[0]['content']+'<|im_end|>\\n'", SYS, NONE},
    {"='<|im_start|>system\\n*<|im_end|>\\n'", DEFAULT, YA_CHAT_DEFAULT_SYSTEM},
    {"%if" USER_OR_SYSTEM "or(message['role']=='assistant')", HEAD, NONE},
    {"%if" USER_OR_SYSTEM "or(message['role']=='assistant'and not message['tool_calls'])", HEAD,
     NONE},
    {"=" TURN "message['content']+'<|im_end|>\\n'", BODY, NONE},
    TOOL_RULES,
    {NULL, 0, NONE},
};

#define LAST_QUERY_TEST                                                                            \
    "not(message['content'].startswith('<tool_response>')and "                                     \
    "message['content'].endswith('</tool_response>'))"
#define BEFORE_THINK ".split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n')"
#define BEHIND_THINK ".split('</think>')[-1].lstrip('\\n')"

static const rule qwen3[] = {
    {SYSTEM_FIRST, 0, NONE},
    {"='<|im_start|>system\\n'+messages[0]['content']+'<|im_end|>\\n'", SYS, NONE},
    {"%set ns=namespace(multi_step_tool=true,last_query_index=messages|length-1)", 0, NONE},
    {"%for message in messages[::-1]", 0, NONE},
    {"%set index=(messages|length-1)-loop.index0", 0, NONE},
    {"%if ns.multi_step_tool and message['role']=='user'and message['content']is string "
     "and " LAST_QUERY_TEST,
     0, NONE},
    {"%if ns.multi_step_tool and message['role']=='user'and " LAST_QUERY_TEST, 0, NONE},
    {"%set ns.multi_step_tool=false", 0, NONE},
    {"%set ns.last_query_index=index", 0, NONE},
    {"%if message['content']is string", 0, NONE},
    {"%set content=message['content']", 0, NONE},
    {"%set content=''", 0, NONE},
    {"%if" USER_OR_SYSTEM, HEAD, NONE},
    {"=" TURN "content+'<|im_end|>\\n'", BODY, NONE},
    {"=" TURN "message['content']+'<|im_end|>\\n'", BODY, NONE},
    {"%elif message['role']=='assistant'", ANSWER, NONE},
    {"%set reasoning_content=''", 0, NONE},
    {"%if message['reasoning_content']is string", 0, NONE},
    {"%if message['reasoning_content']is defined and message['reasoning_content']is not none", 0,
     NONE},
    {"%set reasoning_content=message['reasoning_content']", 0, NONE},
    {"%if'</think>'in content", 0, NONE},
    {"%if'</think>'in message['content']", 0, NONE},
    {"%set reasoning_content=content" BEFORE_THINK, 0, NONE},
    {"%set reasoning_content=message['content']" BEFORE_THINK, 0, NONE},
    {"%set content=content" BEHIND_THINK, 0, NONE},
    {"%set content=message['content']" BEHIND_THINK, 0, NONE},
    {"%if loop.index0>ns.last_query_index", 0, NONE},
    {"%if loop.last or(not loop.last and reasoning_content)", 0, NONE},
    {"='<|im_start|>'+message['role']+'\\n<think>\\n'+reasoning_content.strip('\\n')"
     "+'\\n</think>\\n\\n'+content.lstrip('\\n')",
     THINK, NONE},
    {"=" TURN "content", 0, NONE},
    TOOL_RULES,
    {NULL, 0, NONE},
};

static const rule llama2[] = {
    {SYSTEM_FIRST, 0, NONE},
    {"%set loop_messages=messages[1:]", 0, NONE},
    {"%set system_message=messages[0]['content']", 0, NONE},
    {"%set system_message=false", 0, NONE},
    {"%if(message['role']=='user')" UNEVEN, ORDER, NONE},
    {"=raise_exception('*')", 0, YA_CHAT_ORDER_ERROR},
    {"%if loop.index0==0 and system_message!=false", 0, NONE},
    {"%set content='<<SYS>>\\n'+system_message+'\\n<</SYS>>\\n\\n'+message['content']", SYS, NONE},
    {"%set content=message['content']", 0, NONE},
    {"%if message['role']=='user'", 0, NONE},
    {"=bos_token+'[INST] '+content.strip()+' [/INST]'", BODY, NONE},
    {"%elif message['role']=='system'", 0, NONE},
    {"='<<SYS>>\\n'+content.strip()+'\\n<</SYS>>\\n\\n'", YA_CHAT_SYSTEM_TURN, NONE},
    {"%elif message['role']=='assistant'", 0, NONE},
    {"=' '+content.strip()+' '+eos_token", ANSWER, NONE},
    {NULL, 0, NONE},
};

#define TOOL_ROLES                                                                                 \
    "message['role']=='tool'or message['role']=='tool_results'or(message['tool_calls']is defined " \
    "and message['tool_calls']is not none)"

static const rule mistral[] = {
    {"=bos_token", HEAD, NONE},
    {SYSTEM_FIRST, 0, NONE},
    {"%set system_message=messages[0]['content']", YA_CHAT_SYSTEM, NONE},
    {"%set loop_messages=messages[1:]", 0, NONE},
    {"%set user_messages=loop_messages|selectattr('role','equalto','user')|list", 0, NONE},
    {"%set ns=namespace()", 0, NONE},
    {"%set ns.index=0", 0, NONE},
    {"%set ns.index=ns.index+1", 0, NONE},
    {"%if not(" TOOL_ROLES ")", YA_CHAT_TOOLS, NONE},
    {"%if(message['role']=='user')!=(ns.index%2==0)", YA_CHAT_ALTERNATE, NONE},
    {"%if(message['role']=='user')" UNEVEN, YA_CHAT_ALTERNATE, NONE},
    {"=raise_exception('*alternate*')", 0, NONE}, /* kept by keep_errors */
    {"=raise_exception('*supported*')", YA_CHAT_ROLES, NONE},
    {"%if message['role']=='user'", 0, NONE},
    {"%if loop.last and system_message is defined", 0, NONE},
    {"%if loop.first and system_message is defined", YA_CHAT_SYSTEM_FIRST, NONE},
    {"='*'+system_message+'\\n\\n'+message['content']+'*'", SYS, YA_CHAT_OPEN},
    {"='*'+message['content']+'*'", BODY, YA_CHAT_OPEN},
    {"%elif message['role']=='assistant'", 0, NONE},
    {"=message['content']+eos_token", ANSWER, NONE},
    {"=message['content']+eos_token+' '", ANSWER | YA_CHAT_TAIL, NONE},
    {"=message['content']|trim+eos_token", ANSWER | YA_CHAT_TRIM, NONE},
    {"=' '+message['content']+eos_token", ANSWER | YA_CHAT_SPACE, NONE},
    {"=' '+message['content']+eos_token+' '", ANSWER | YA_CHAT_SPACE | YA_CHAT_TAIL, NONE},
    {"=' '+message['content']|trim+eos_token", ANSWER | YA_CHAT_SPACE | YA_CHAT_TRIM, NONE},
    {NULL, 0, NONE},
};

static const struct {
    const rule *rules;
    unsigned required;
} families[YA_CHAT_FAMILIES] = {
    [YA_CHAT_HEADER] = {header, HEAD | BODY | PROMPT | IF_PROMPT},
    [YA_CHAT_CHATML] = {chatml, BODY | PROMPT | IF_PROMPT},
    [YA_CHAT_QWEN25] = {qwen25, HEAD | BODY | PROMPT | IF_PROMPT | SYS | TOOL},
    [YA_CHAT_QWEN3] = {qwen3, HEAD | BODY | PROMPT | IF_PROMPT | SYS | TOOL | ANSWER},
    [YA_CHAT_LLAMA2] = {llama2, BODY | ANSWER | ORDER | SYS},
    [YA_CHAT_MISTRAL] = {mistral, HEAD | BODY | ANSWER},
};

/* ---- Matching ---- */

typedef struct {
    const char *begin, *end;
} part;

/* Whether the statement is of the pattern; parts[] get what the '*' stand for. A '*' ends at the
 * first place where the rest fits and does not cross a quote. */
static bool matches(const char *statement, const char *pattern, part *parts)
{
    for (; *pattern && *pattern != '*'; pattern++, statement++)
        if (*pattern != *statement)
            return false;
    if (!*pattern)
        return !*statement;
    for (const char *end = statement;; end++) {
        if (matches(end, pattern + 1, parts + 1)) {
            *parts = (part){statement, end};
            return true;
        }
        if (!*end || *end == '\'')
            return false;
        end += *end == '\\' && end[1];
    }
}

/* Undoes the escapes of the normal form. */
static char *unescaped(part p)
{
    char *text = ya_strndup(p.begin, (size_t)(p.end - p.begin));
    size_t n = 0;
    for (const char *at = p.begin; text && at < p.end; at++) {
        char c = *at;
        if (c == '\\' && at + 1 < p.end) {
            c = *++at;
            c = c == 'n' ? '\n' : c;
        }
        text[n++] = c;
    }
    if (text)
        text[n] = '\0';
    return text;
}

static ya_status keep_text(ya_chat *chat, ya_chat_text which, part p, bool *agrees, ya_error *err)
{
    char *text = unescaped(p);
    if (!text)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a chat template");
    if (chat->texts[which] && strcmp(chat->texts[which], text) != 0)
        *agrees = false;
    ya_free(chat->texts[which]);
    chat->texts[which] = text;
    return YA_OK;
}

static const rule *find_rule(const rule *rules, const char *statement, part *parts)
{
    for (; rules->pattern; rules++)
        if (matches(statement, rules->pattern, parts))
            return rules;
    return NULL;
}

enum { MAX_PARTS = 3 };

/* What a rule keeps of the statement it matched. */
static ya_status keep(ya_chat *chat, const rule *r, const char *statement, const part *parts,
                      bool *agrees, ya_error *err)
{
    ya_status status = YA_OK;
    static const char raise[] = "=raise_exception('";
    if (r->text != NONE)
        YA_TRY(keep_text(chat, r->text, parts[0], agrees, err));
    if (r->text == YA_CHAT_OPEN)
        YA_TRY(keep_text(chat, YA_CHAT_CLOSE, parts[1], agrees, err));
    if (r->text == NONE && strncmp(statement, raise, sizeof raise - 1) == 0) {
        part whole = {statement + sizeof raise - 1, statement + strlen(statement) - 2};
        YA_TRY(keep_text(chat,
                         strstr(statement, "alternate") ? YA_CHAT_ORDER_ERROR : YA_CHAT_ROLE_ERROR,
                         whole, agrees, err));
    }
done:
    return status;
}

static void forget_texts(ya_chat *chat)
{
    for (int i = 0; i < YA_CHAT_TEXTS; i++) {
        ya_free(chat->texts[i]);
        chat->texts[i] = NULL;
    }
}

/* Tries one family; *odd is the first statement that is not its own, or NULL. */
static ya_status try_family(ya_chat *chat, ya_chat_family family, const ya_statements *s,
                            bool *fits, const char **odd, ya_error *err)
{
    ya_status status = YA_OK;
    unsigned marks = 0;
    bool agrees = true;
    forget_texts(chat);
    *odd = NULL;
    for (size_t i = 0; i < s->starts.size && !*odd; i++) {
        const char *statement = s->text.data + s->starts.data[i];
        part parts[MAX_PARTS + 1] = {{NULL, NULL}};
        const rule *r = find_rule(common, statement, parts);
        if (!r)
            r = find_rule(families[family].rules, statement, parts);
        if (!r || (marks & r->marks & ONCE)) {
            *odd = statement;
            break;
        }
        marks |= r->marks;
        YA_TRY(keep(chat, r, statement, parts, &agrees, err));
    }
    *fits = !*odd && agrees && (marks & families[family].required) == families[family].required;
    chat->family = family;
    chat->features = marks;
done:
    return status;
}

static bool has(const ya_chat *chat, unsigned marks)
{
    return (chat->features & marks) == marks;
}

/* What a family's table cannot say: parts that only make sense together. */
static bool is_whole(const ya_chat *chat)
{
    const char *const *texts = (const char *const *)chat->texts;
    switch (chat->family) {
    case YA_CHAT_HEADER:
        return has(chat, YA_CHAT_DATES) == has(chat, SYS) &&
               (!has(chat, SYS) || texts[YA_CHAT_DATE] != NULL);
    case YA_CHAT_CHATML:
    case YA_CHAT_QWEN25:
        return has(chat, DEFAULT) == (texts[YA_CHAT_DEFAULT_SYSTEM] != NULL);
    case YA_CHAT_MISTRAL:
        return has(chat, SYS) == has(chat, YA_CHAT_SYSTEM) &&
               strstr(texts[YA_CHAT_OPEN], "[INST]") && strstr(texts[YA_CHAT_CLOSE], "[/INST]") &&
               has(chat, YA_CHAT_ALTERNATE) == (texts[YA_CHAT_ORDER_ERROR] != NULL);
    case YA_CHAT_QWEN3:
    case YA_CHAT_LLAMA2:
    case YA_CHAT_FAMILIES:
        break;
    }
    return true;
}

static const char *name_of(ya_chat *chat)
{
    const char *system = chat->texts[YA_CHAT_DEFAULT_SYSTEM];
    switch (chat->family) {
    case YA_CHAT_HEADER:
        return has(chat, YA_CHAT_DATES) ? "llama3.1" : "llama3";
    case YA_CHAT_CHATML:
        return system && strstr(system, "SmolLM") ? "smollm2" : "chatml";
    case YA_CHAT_QWEN25:
        return "qwen2.5";
    case YA_CHAT_QWEN3:
        return "qwen3";
    case YA_CHAT_LLAMA2:
        return "llama2";
    case YA_CHAT_MISTRAL:
        return has(chat, YA_CHAT_SYSTEM) ? "mistral-v3" : "mistral-v1";
    case YA_CHAT_FAMILIES:
        break;
    }
    return "";
}

static void settle(ya_chat *chat)
{
    if (chat->family == YA_CHAT_QWEN3 && !has(chat, THINK))
        chat->family = YA_CHAT_QWEN25; /* Qwen3 without thinking: the same turns */
    /* A check in a loop of its own comes before anything is rendered; the published templates with
     * a system message all have it so. */
    if (chat->family == YA_CHAT_MISTRAL && has(chat, YA_CHAT_ALTERNATE | YA_CHAT_SYSTEM))
        chat->features |= YA_CHAT_ALTERNATE_ALL;
    chat->name = name_of(chat);
}

ya_status ya_chat_recognise(ya_chat *chat, const ya_statements *s, ya_error *err)
{
    ya_status status = YA_OK;
    const char *closest = NULL;
    bool lacking = false; /* a family knows every statement, but some are missing */
    for (int family = 0; family < YA_CHAT_FAMILIES; family++) {
        bool fits;
        const char *odd;
        YA_TRY(try_family(chat, (ya_chat_family)family, s, &fits, &odd, err));
        if (fits && is_whole(chat)) {
            settle(chat);
            return YA_OK;
        }
        if (!odd)
            lacking = true;
        else if (!closest || odd > closest)
            closest = odd; /* of the family that knows most of it from the beginning */
    }
    forget_texts(chat);
    if (closest && !lacking)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "its statement \"%.200s\" is not a known one",
                       closest + 1);
    return ya_fail(err, YA_ERR_UNSUPPORTED, "it is not one of the known templates");
done:
    return status;
}
