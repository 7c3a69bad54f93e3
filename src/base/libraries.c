#include "base/libraries.h"

#include <dlfcn.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_MEMORY = 3 };

static const char *_Atomic inside;

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

/* May be called in a handler of a signal. */
static _Noreturn void end(const char *name)
{
    say("your_ai: out of memory or address space in ");
    say(name);
    say(": nothing incomplete was given its final name\n");
    _exit(EXIT_MEMORY);
}

static void *jansson_alloc(size_t bytes)
{
    void *block = malloc(bytes);
    if (!block && bytes > 0)
        end("jansson");
    return block;
}

static void *crypto_alloc(size_t bytes, const char *file, int line)
{
    (void)file, (void)line;
    void *block = malloc(bytes);
    if (!block && bytes > 0)
        end("libcrypto");
    return block;
}

static void *crypto_realloc(void *old, size_t bytes, const char *file, int line)
{
    (void)file, (void)line;
    void *block = realloc(old, bytes);
    if (!block && bytes > 0)
        end("libcrypto");
    return block;
}

static void crypto_free(void *block, const char *file, int line)
{
    (void)file, (void)line;
    free(block);
}

/* Where C++'s operator new would throw. */
static void cannot_make_new(void)
{
    end("oneDNN");
}

static void on_fault(int number)
{
    const char *name = atomic_load(&inside);
    if (name)
        end(name);
    signal(number, SIG_DFL);
    raise(number);
}

void ya_libraries_begin(void)
{
    union {
        void *symbol;
        void (*(*set)(void (*)(void)))(void);
    } handler = {dlsym(RTLD_DEFAULT, "_ZSt15set_new_handlerPFvvE")};
    json_set_alloc_funcs(jansson_alloc, free);
    (void)CRYPTO_set_mem_functions(crypto_alloc, crypto_realloc, crypto_free);
    if (handler.symbol)
        handler.set(cannot_make_new);
    signal(SIGABRT, on_fault);
#ifndef __SANITIZE_ADDRESS__ /* which reports faults itself */
    signal(SIGSEGV, on_fault);
#endif
}

void ya_library_enter(const char *name)
{
    atomic_store_explicit(&inside, name, memory_order_relaxed);
}

void ya_library_leave(void)
{
    atomic_store_explicit(&inside, NULL, memory_order_relaxed);
}
