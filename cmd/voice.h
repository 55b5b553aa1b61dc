/*
 * How the commands that release and change releases speak to people: what a
 * step did, findings, and the question before the first write.
 */
#ifndef REL_CMD_VOICE_H
#define REL_CMD_VOICE_H

#include "command.h"
#include "release/cut/cut.h"

struct rel_voice {
	const struct rel_call *call;
	bool yes;	    /* do not ask */
	const char *undone; /* "not released": the answer was no */
};

/* `voice` must outlive it. */
struct rel_cut_voice rel_voice_of(struct rel_voice *voice);

#endif
