#include "support/s3_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/shell.h"
#include "support/support.h"

#define STATUS_BROKEN 99

bool rel_test_s3_exists(void)
{
	if (rel_test_sh_status("command -v node >/dev/null && "
			       "test -e %s/build/npm/node_modules/s3rver && "
			       "test -e %s/build/npm/node_modules/aws4",
			       rel_test_source_dir(),
			       rel_test_source_dir()) == 0)
		return true;
	fprintf(stderr, "skipped: no s3rver from npm; ./dev test installs "
			"it\n");
	return false;
}

static void read_port(struct rel_test_s3 *out, const char *log)
{
	char text[16];
	size_t len = 0;

	while (len < sizeof(text) - 1 &&
	       read(out->process.out, text + len, 1) == 1 && text[len] != '\n')
		len++;
	text[len] = '\0';
	out->port = (int)strtol(text, NULL, 10);
	if (out->port > 0)
		return;
	fprintf(stderr, "test support: s3rver does not start:\n%s\n",
		rel_test_read(log, NULL));
	exit(STATUS_BROKEN);
}

void rel_test_s3_start(struct rel_test_s3 *out, const char *data,
		       const char *bucket, const char *env)
{
	char *script = rel_test_text("%s/tests/support/s3_server.js",
				     rel_test_source_dir());
	char *npm = rel_test_text("%s/build/npm", rel_test_source_dir());
	char *log = rel_test_text("%s/../s3.log", data);
	char *command =
	    rel_test_text("mkdir -p '%s' && exec setpriv --pdeathsig KILL "
			  "node '%s' '%s' '%s' '%s' 2>'%s'",
			  data, script, npm, data, bucket, log);
	const char *argv[] = {"sh", "-c", command, NULL};
	const char *extra[] = {env, NULL};
	struct rel_error err = {0};

	if (rel_process_start(&out->process, argv, NULL, env ? extra : NULL, 0,
			      &err) != 0) {
		fprintf(stderr, "test support: node: %s\n", err.text);
		exit(STATUS_BROKEN);
	}
	read_port(out, log);
	free(command);
	free(log);
	free(npm);
	free(script);
}

void rel_test_s3_stop(struct rel_test_s3 *server)
{
	rel_process_kill(&server->process);
}
