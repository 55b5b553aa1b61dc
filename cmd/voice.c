#include "voice.h"

#include <stdio.h>
#include <unistd.h>

static void tell(void *context, enum rel_cut_step step, const char *text)
{
	const struct rel_voice *v = context;

	if (v->call->common->quiet)
		return;
	rel_screen_clear(v->call->screen);
	fprintf(stderr, "%-8s %s\n", rel_cut_step_name(step), text);
}

static void finding(void *context, const struct rel_cut_finding *f)
{
	const struct rel_voice *v = context;
	const char *about = f->path ? f->path : f->package;

	rel_screen_clear(v->call->screen);
	fputs(f->warning ? "relctl: warning: " : "relctl: ", stderr);
	if (about)
		fputs(about, stderr);
	if (f->path && f->line)
		fprintf(stderr, ":%u", (unsigned)f->line);
	if (f->environment)
		fprintf(stderr, " (%s)", f->environment);
	fprintf(stderr, "%s%s\n", about ? ": " : "", f->text);
}

static int confirm(void *context, const char *plan, struct rel_error *err)
{
	const struct rel_voice *v = context;
	char answer[8];

	if (v->yes || !isatty(STDIN_FILENO))
		return 0;
	rel_screen_clear(v->call->screen);
	fprintf(stderr, "%s\nGo on? [y/N] ", plan);
	if (fgets(answer, sizeof(answer), stdin) &&
	    (answer[0] == 'y' || answer[0] == 'Y'))
		return 0;
	return rel_fail(err, REL_ECANCELLED, "%s", v->undone);
}

struct rel_cut_voice rel_voice_of(struct rel_voice *voice)
{
	return (struct rel_cut_voice){tell, finding, confirm, voice};
}
