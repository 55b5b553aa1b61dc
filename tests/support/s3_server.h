/* A real S3 server on loopback that checks what is signed; s3_server.js says
 * more. */
#ifndef REL_TESTS_S3_SERVER_H
#define REL_TESTS_S3_SERVER_H

#include <stdbool.h>

#include "base/process.h"

#define REL_TEST_S3_ACCESS "S3RVER"
#define REL_TEST_S3_SECRET "hidden-secret"

struct rel_test_s3 {
	struct rel_process process;
	int port;
};

/* Is it installed, in build/npm?  If not, says so; the test is then to be
 * skipped. */
bool rel_test_s3_exists(void);

/*
 * Start it with its objects in the directory `data`; its log is s3.log beside
 * that.
 * env  "NAME=value" for it, or NULL
 * It dies with the test program.  Trouble ends the program with status 99.
 */
void rel_test_s3_start(struct rel_test_s3 *out, const char *data,
		       const char *bucket, const char *env);
void rel_test_s3_stop(struct rel_test_s3 *server);

#endif
