/*
 * How the commands that release and change releases speak to people: what a
 * step did, findings, and the question before the first write.
 */
#ifndef REL_CMD_CALLBACKS_H
#define REL_CMD_CALLBACKS_H

#include "command.h"
#include "release/cut/cut.h"

struct rel_callbacks {
	const struct rel_call *call;
	bool yes;	    /* do not ask */
	const char *undone; /* "not released": the answer was no */
};

/* `callbacks` must outlive it. */
struct rel_cut_callbacks rel_callbacks_of(struct rel_callbacks *callbacks);

#endif
