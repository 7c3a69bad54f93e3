/* trainer_state.json of a stranger's checkpoint: any bytes. What is read can be written and read
 * again. */
#include "train/state.h"

#include "fuzz_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char NAME[] = "trainer_state.json";
static ya_train_state state, again;
static char text[YA_STATE_BYTES];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ya_error err = {0};
    if (ya_state_read(&state, fuzz_in_folder(data, size, NAME), &err)) {
        if (!strstr(err.text, NAME))
            abort(); /* a refusal that does not say where */
        return 0;
    }
    ya_format out = {.data = text, .room = sizeof text};
    ya_state_format(&state, &out);
    if (out.cut || ya_state_read(&again, fuzz_in_folder(text, out.size, NAME), &err) ||
        again.step != state.step || again.cursor != state.cursor || again.seed != state.seed ||
        again.v_mean != state.v_mean || again.best_step != state.best_step)
        abort();
    return 0;
}
