/*
 * rel_git_fetch() and rel_git_fetch_since() from a shell, for the tests that
 * need real servers:
 *
 *	fetch_probe [-c CACHE] [-r REVISION] [-a CA] [-s SILENCE] [-t TOTAL]
 *		[-m BYTES] [-owp] LOCATION [SINCE…]
 *
 * prints the commit, then one for each SINCE; -o offline, -w whole history,
 * -p tells how often progress was heard.  Errors go to stderr as "error CODE:
 * PATH: TEXT", status 3.  SIGTERM interrupts.
 */
#include <signal.h>
#include <unistd.h>

#include "git/remote.h"

static struct rel_cancel cancel;

static void interrupt(int number)
{
	atomic_store(&cancel.signal, number);
}

static void count(void *context, const char *what, uint64_t done,
		  uint64_t total)
{
	unsigned *calls = context;

	if (*what != '\0' && done <= total)
		++*calls;
}

static int fail(const struct rel_error *err)
{
	fprintf(stderr, "error %d: %s: %s\n", err->code, err->path, err->text);
	return 3;
}

static int parse(struct rel_git_fetch_options *options, int argc, char **argv,
		 bool *tell)
{
	int c;

	while ((c = getopt(argc, argv, "+c:r:a:s:t:m:owp")) != -1) {
		switch (c) {
		case 'c':
			options->cache_dir = optarg;
			break;
		case 'r':
			options->revision = optarg;
			break;
		case 'a':
			options->ca_file = optarg;
			break;
		case 's':
			options->silence_seconds =
			    (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 't':
			options->total_seconds =
			    (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'm':
			options->max_pack = strtoul(optarg, NULL, 10);
			break;
		case 'o':
			options->offline = true;
			break;
		case 'w':
			options->whole_history = true;
			break;
		case 'p':
			*tell = true;
			break;
		default:
			return 2;
		}
	}
	return optind < argc ? 0 : 2;
}

int main(int argc, char **argv)
{
	unsigned calls = 0;
	struct rel_progress progress = {count, &calls};
	struct rel_git_fetch_options options = {.progress = &progress,
						.cancel = &cancel};
	struct rel_git_store *store = NULL;
	struct rel_error err = {0};
	struct rel_git_id tip, commit;
	char hex[REL_GIT_ID_TEXT];
	bool tell = false;
	int status = parse(&options, argc, argv, &tell);

	if (status != 0)
		return status;
	signal(SIGTERM, interrupt);
	if (rel_git_fetch(&store, &tip, argv[optind], &options, &err) < 0)
		return fail(&err);
	puts(rel_git_id_format(hex, &tip));
	for (int i = optind + 1; i < argc && status == 0; i++) {
		if (rel_git_fetch_since(&commit, store, &tip, argv[i],
					argv[optind], &options, &err) < 0)
			status = fail(&err);
		else
			puts(rel_git_id_format(hex, &commit));
	}
	if (tell)
		printf("progress %s\n", calls > 0 ? "heard" : "silent");
	rel_git_store_free(store);
	return status;
}
