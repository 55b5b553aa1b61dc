#include "callbacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void tell(void *context, enum rel_cut_step step, const char *text)
{
	const struct rel_callbacks *v = context;

	if (v->call->common->quiet)
		return;
	rel_screen_put(v->call->screen, "%-9s %s\n", rel_cut_step_name(step),
		       text);
}

/* Bytes that `git apply` takes; neither a terminal nor the log of a CI system
 * (all of them set CI) gets any that it would obey. */
static void diff(void *context, const char *text)
{
	const struct rel_callbacks *v = context;

	if (v->call->common->quiet)
		return;
	if (isatty(STDERR_FILENO) || getenv("CI")) {
		rel_screen_put(v->call->screen, "%s", text);
	} else {
		rel_screen_clear(v->call->screen);
		fputs(text, stderr);
	}
}

static void findings(void *context, const struct rel_cut_finding *items,
		     size_t n)
{
	const struct rel_callbacks *v = context;

	for (size_t i = 0; i < n; i++) {
		const struct rel_cut_finding *f = &items[i];
		const char *about = f->path ? f->path : f->package;
		bool warning = f->severity == REL_CUT_WARNING ||
			       f->severity == REL_CUT_MINOR;
		char line[16] = "";

		if (f->path && f->line)
			snprintf(line, sizeof(line), ":%u", (unsigned)f->line);
		rel_screen_put(v->call->screen, "relctl: %s%s%s%s%s%s%s%s\n",
			       warning ? "warning: " : "", about ? about : "",
			       line, f->environment ? " (" : "",
			       f->environment ? f->environment : "",
			       f->environment ? ")" : "", about ? ": " : "",
			       f->text);
	}
}

static int confirm(void *context, const char *plan, struct rel_error *err)
{
	const struct rel_callbacks *v = context;
	char answer[8], *text;

	if (v->yes || !isatty(STDIN_FILENO))
		return 0;
	text = strdup(plan);
	if (!text)
		return rel_fail_nomem(err);
	rel_screen_fold(text, rel_screen_width(STDERR_FILENO));
	rel_screen_put(v->call->screen, "%s\nGo on? [y/N] ", text);
	free(text);
	if (fgets(answer, sizeof(answer), stdin) &&
	    (answer[0] == 'y' || answer[0] == 'Y'))
		return 0;
	return rel_fail(err, REL_ECANCELLED, "%s", v->undone);
}

struct rel_cut_callbacks rel_callbacks_of(struct rel_callbacks *callbacks)
{
	return (struct rel_cut_callbacks){tell, findings, confirm, callbacks,
					  diff};
}
