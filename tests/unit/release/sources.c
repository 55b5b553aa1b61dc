#include "sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/shell.h"
#include "support/support.h"

static void open_store(struct source *source)
{
	struct rel_error err = {0};

	if (rel_git_store_open(&source->store, source->dir, &err))
		fail_msg("%s", err.text);
}

void source_make(struct source *source, const char *kind)
{
	*source = (struct source){.dir = rel_test_dir_new()};
	free(rel_test_sh("sh %s/tests/support/sources.sh %s %s",
			 rel_test_source_dir(), kind, source->dir));
	open_store(source);
}

void source_write(struct source *source, const char *script)
{
	*source = (struct source){.dir = rel_test_dir_new()};
	free(rel_test_sh("cd %s; git init -q -b main .; %s\n"
			 "git add -A; git commit -q -m x",
			 source->dir, script));
	open_store(source);
}

int source_scan(struct source *source, const char *name, struct rel_error *err)
{
	struct rel_conf_release release = {.name = name};
	struct rel_git_id commit;

	if (rel_git_resolve(&commit, source->store, "HEAD", err))
		fail_msg("%s", err->text);
	return rel_project_scan(&source->project, source->store, &commit,
				&release, err);
}

void source_read(struct source *source)
{
	struct rel_error err = {0};

	if (source_scan(source, NULL, &err))
		fail_msg("%s:%u: %s", err.path, err.line, err.text);
}

const size_t *source_select(struct source *source, size_t *count, ...)
{
	const char *names[8];
	const size_t *list = NULL;
	struct rel_error err = {0};
	va_list args;
	size_t n = 0;

	va_start(args, count);
	while ((names[n] = va_arg(args, const char *)))
		n++;
	va_end(args);
	if (rel_project_select(&list, count, source->project, names, n, &err))
		fail_msg("%s", err.text);
	return list;
}

void source_free(struct source *source)
{
	rel_project_free(source->project);
	rel_git_store_free(source->store);
	rel_test_dir_free(source->dir);
}
