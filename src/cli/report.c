#include "report/report.h"
#include "cli/cli.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_report(s, err);
}

const ya_command ya_command_report = {
    .bit = YA_FOR_REPORT,
    .positional = YA_SET_run,
    .summary = "one self-contained HTML page of a run, or of two side by side",
    .usage = "RUN [--compare RUN2] [--output FILE]",
    .about = "Writes a page with the curves of a run, its memory against the plan with every "
             "event, what\n"
             "the model learned from, settings and environment. It holds no script and fetches "
             "nothing.\n"
             "The run may still be going on.\n\n"
             "  your_ai report output\n"
             "  your_ai report run-a --compare run-b --output both.html\n"
             "  your_ai report output --json\n",
    .run = run,
};
