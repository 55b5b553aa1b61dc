/* A real nginx on loopback, for tests. */
#ifndef REL_TESTS_HTTP_NGINX_H
#define REL_TESTS_HTTP_NGINX_H

#include <stdbool.h>

#include "base/process.h"

struct rel_test_nginx {
	struct rel_process process;
};

/* Is there an nginx?  If not, says so; the test is then to be skipped. */
bool rel_test_nginx_exists(void);

/*
 * Start nginx with all its files in the existing directory `dir`, and wait
 * until it listens on 127.0.0.1:`port`.
 * servers  the "server { … }" blocks, one of which has "listen
 *          127.0.0.1:<port>"; relative paths are relative to `dir`
 * A log format `auth` has the Authorization field alone.
 * It dies with the test program.  Trouble ends the program with status 99.
 */
void rel_test_nginx_start(struct rel_test_nginx *out, const char *dir, int port,
			  const char *servers);
void rel_test_nginx_stop(struct rel_test_nginx *nginx);

#endif
