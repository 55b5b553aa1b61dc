/*
 * Writing to a remote from a shell, for the tests that need real servers:
 *
 *	push_probe -c CACHE [-b BRANCH] [-t TAG] [-a CA] [-s SILENCE]
 *		[-r RETRIES] [-w FILE] LOCATION PATH CONTENT
 *
 * commits PATH with CONTENT on the branch's tip and pushes it, with a light
 * TAG on the commit.  -w: before the push makes FILE and waits until it is
 * gone.  Prints "done COMMIT", "raced REF" or "rejected REF: TEXT".  Errors go
 * to stderr as "error CODE: PATH: TEXT", status 3.  SIGTERM interrupts.
 */
#include <signal.h>
#include <unistd.h>

#include "git/remote.h"

static struct rel_cancel cancel;

static void interrupt(int number)
{
	atomic_store(&cancel.signal, number);
}

struct arguments {
	struct rel_git_fetch_options options;
	const char *branch, *tag, *wait, *location, *path, *content;
	unsigned retries;
};

static int fail(const struct rel_error *err)
{
	fprintf(stderr, "error %d: %s: %s\n", err->code, err->path, err->text);
	return 3;
}

static int parse(struct arguments *a, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+c:b:t:a:s:r:w:")) != -1) {
		switch (c) {
		case 'c':
			a->options.cache_dir = optarg;
			break;
		case 'b':
			a->branch = optarg;
			break;
		case 't':
			a->tag = optarg;
			break;
		case 'a':
			a->options.ca_file = optarg;
			break;
		case 's':
			a->options.silence_seconds =
			    (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'r':
			a->retries = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'w':
			a->wait = optarg;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 3)
		return 2;
	a->location = argv[optind];
	a->path = argv[optind + 1];
	a->content = argv[optind + 2];
	return 0;
}

/* A commit on the tip, as it is now. */
static int make_commit(struct rel_git_id *commit, struct rel_git_target *target,
		       const struct arguments *a, struct rel_error *err)
{
	const struct rel_git_id *tip = rel_git_target_tip(target);
	struct rel_git_store *store = rel_git_target_store(target);
	const struct rel_git_change change = {
	    .path = a->path, .content = rel_str_of(a->content)};
	const struct rel_git_identity who = {"Tester", "tester@example.org",
					     1767323045, 0};
	struct rel_git_commit request = {.parents = tip,
					 .n_parents = tip != NULL,
					 .author = who,
					 .committer = who,
					 .message = a->content};
	struct rel_git_id base;
	int r = 0;

	if (tip != NULL)
		r = rel_git_commit_tree(&base, store, tip, NULL, err);
	if (r == 0)
		r = rel_git_write_tree(&request.tree, store, tip ? &base : NULL,
				       &change, 1, err);
	if (r == 0)
		r = rel_git_write_commit(commit, store, &request, err);
	return r;
}

static int push(struct rel_git_push_result *result, struct rel_git_id *commit,
		struct rel_git_target *target, const struct arguments *a,
		struct rel_error *err)
{
	struct rel_git_push_ref refs[2] = {{0}};
	char tag[256];
	int r = make_commit(commit, target, a, err);

	if (r < 0)
		return r;
	refs[0].name = rel_git_target_branch(target);
	refs[0].id = *commit;
	refs[0].has_old = rel_git_target_tip(target) != NULL;
	if (refs[0].has_old)
		refs[0].old = *rel_git_target_tip(target);
	snprintf(tag, sizeof(tag), "refs/tags/%s", a->tag ? a->tag : "");
	refs[1].name = tag;
	refs[1].id = *commit;
	if (a->wait != NULL) {
		FILE *file = fopen(a->wait, "w");

		if (file != NULL)
			fclose(file);
		while (access(a->wait, F_OK) == 0)
			usleep(10000);
	}
	return rel_git_target_push(result, target, refs, a->tag ? 2 : 1, err);
}

int main(int argc, char **argv)
{
	struct arguments a = {.options = {.cancel = &cancel}};
	struct rel_git_target *target = NULL;
	struct rel_git_push_result result = {0};
	struct rel_error err = {0};
	struct rel_git_id commit;
	char hex[REL_GIT_ID_TEXT];
	int r = parse(&a, argc, argv);

	if (r != 0)
		return r;
	signal(SIGTERM, interrupt);
	r = rel_git_target_open(&target, a.location, a.branch, &a.options,
				&err);
	if (r == 0)
		r = push(&result, &commit, target, &a, &err);
	while (r == 0 && result.outcome == REL_GIT_RACED && a.retries-- > 0) {
		r = rel_git_target_refresh(target, &err);
		if (r == 0)
			r = push(&result, &commit, target, &a, &err);
	}
	if (r < 0)
		r = fail(&err);
	else if (result.outcome == REL_GIT_DONE)
		printf("done %s\n", rel_git_id_format(hex, &commit));
	else if (result.outcome == REL_GIT_RACED)
		printf("raced %s\n", result.ref.ptr);
	else
		printf("rejected %s: %s\n", result.ref.ptr, result.text.ptr);
	rel_git_push_result_free(&result);
	rel_git_target_free(target);
	return r;
}
