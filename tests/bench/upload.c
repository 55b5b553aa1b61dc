/*
 * Upload a file, for tests/bench/upload to measure:
 *	bench_upload send URL FILE	one PUT, as every kind's uploads are
 *made bench_upload put URL FILE	publish: the file hashed, then sent and
 *					copied there
 *	bench_upload s3 ENDPOINT FILE	the same into the bucket "archives"
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "net/http.h"
#include "publish/publish.h"

static _Noreturn void die(const struct rel_error *err)
{
	fprintf(stderr, "bench_upload: %s\n", err->text);
	exit(1);
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		perror(path);
		exit(1);
	}
	return (uint64_t)st.st_size;
}

static void send_file(const char *url, const char *path)
{
	const struct rel_http_message message = {
	    .method = REL_HTTP_PUT,
	    .payload = {.path = path, .size = size_of(path)},
	    .idempotent = true,
	};
	struct rel_http_request request = {.url = url};
	struct rel_http_answer answer = {.status = 0};
	struct rel_http *http = NULL;
	struct rel_error err = {0};

	if (rel_http_new(&http, &err) ||
	    rel_http_send(&answer, NULL, http, &request, &message, &err))
		die(&err);
	rel_http_answer_free(&answer);
	rel_http_free(http);
}

static void publish_file(const char *kind, const char *url, const char *path)
{
	const struct rel_conf_publish conf = {.kind = kind,
					      .url =
						  kind[0] == 'p' ? url : NULL,
					      .endpoint = url,
					      .bucket = "archives"};
	const struct rel_publish_options options = {.conf = &conf};
	struct rel_digest found[REL_DIGEST_ALGOS], digests[2];
	struct rel_publish_archive archive = {.path = path,
					      .name = "a-1.tbz",
					      .digests = digests,
					      .n_digests = 2};
	struct rel_publish_receipt receipt;
	struct rel_publisher *publisher;
	struct rel_error err = {0};

	if (rel_digest_file(found,
			    REL_DIGEST_MASK_SHA256 | REL_DIGEST_MASK_SHA512,
			    path, &archive.size, &err))
		die(&err);
	digests[0] = found[REL_DIGEST_SHA256];
	digests[1] = found[REL_DIGEST_SHA512];
	if (rel_publisher_open(&publisher, &options, &err) ||
	    rel_publisher_put(&receipt, publisher, &archive, 0, &err))
		die(&err);
	rel_publisher_free(publisher);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fputs("usage: bench_upload send|put|s3 URL FILE\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(argv[1], "send") == 0)
		send_file(argv[2], argv[3]);
	else
		publish_file(argv[1], argv[2], argv[3]);
	return 0;
}
