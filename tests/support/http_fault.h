/*
 * An HTTP server on loopback that misbehaves on demand, for what a real
 * server cannot be told to do.  One request per connection, of any method.
 *
 * What the paths do (bodies are plain text):
 *   /stall         announces 1000 bytes, sends 10, then nothing
 *   /silent        takes the request and never answers
 *   /short         announces 1000 bytes, sends 10, closes
 *   /short-chunk   chunked, closes before the last chunk
 *   /reset         announces 1000 bytes, sends 10, resets the connection
 *   /empty         closes without an answer
 *   /endless       a body without announced length that never ends
 *   /headers       header lines that never end
 *   /garbage       an answer that is not HTTP
 *   /encoded       "as it is" under Content-Encoding: gzip
 *   /etag-N        an ETag of N bytes: 1024, 1025, 90000, 200000
 *   /echo          the request's head
 *   /count         the number of requests before this one
 * and for the first two requests to the path (then "recovered"):
 *   /flaky-503     status 503
 *   /flaky-reset   as /reset
 *   /flaky-429     status 429, Retry-After: 1
 *   /flaky-500     status 500
 *   /flaky-take-reset  as /take-reset
 * always:
 *   /busy          status 429, Retry-After: 3600
 *   /down          status 503
 *   /status-NNN    status 400, 403, 409, 412, 413 or 422
 *   :407, :502     as a proxy, also to CONNECT: status 407, 503
 *   /confused      status 403 and the request's head
 * These do not wait for the payload of a request, as the others do:
 *   /take-stall    takes 10 bytes, then nothing for two seconds, and closes
 *   /take-reset    takes 10 bytes and resets the connection
 *   /refuse        takes 10 bytes, answers 413, closes
 */
#ifndef REL_TESTS_HTTP_FAULT_H
#define REL_TESTS_HTTP_FAULT_H

#include <sys/types.h>

struct rel_test_fault {
	pid_t pid;
	int port; /* on 127.0.0.1 */
};

/* Trouble ends the test program with status 99. */
void rel_test_fault_start(struct rel_test_fault *out);
void rel_test_fault_stop(struct rel_test_fault *fault);

/* A port of 127.0.0.1 that nobody listens on at the moment. */
int rel_test_free_port(void);

#endif
