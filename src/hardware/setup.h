/* This machine, looked at and measured; a profile for it. spec/hardware.md. */
#ifndef YA_HARDWARE_SETUP_H
#define YA_HARDWARE_SETUP_H

#include "settings/settings.h"

/* Prints what the machine is and can do and writes the profile that fits to s->output when that is
 * given, else to your_ai/profile.yaml in $XDG_CONFIG_HOME (~/.config). An earlier profile is kept
 * beside it as profile.yaml.earlier. */
ya_status ya_setup(const ya_settings *s, ya_error *err) YA_CHECK;

#endif
