/* Signals: the first one asks for an end, the second one ends. */
#ifndef REL_CMD_SIGNALS_H
#define REL_CMD_SIGNALS_H

#include "base/cancel.h"

/*
 * SIGINT, SIGTERM and SIGHUP set `cancel` (which must outlive the program)
 * and interrupt system calls; the second such signal kills, as by default.
 * One that the parent ignores stays ignored.  SIGPIPE and SIGXFSZ are
 * ignored: writing fails instead.  Crashes say so and end with REL_EXIT_BUG.
 */
void rel_signals_install(struct rel_cancel *cancel);

#endif
