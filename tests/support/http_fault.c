#include "support/http_fault.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STATUS_BROKEN 99
#define BACKLOG	      16
#define HEAD_MAX      8192
#define FAILURES      2

#define TEN_OF_1000 "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789"

static void send_text(int fd, const char *text)
{
	send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void send_answer(int fd, const char *status, const char *headers,
			const char *body)
{
	dprintf(fd,
		"HTTP/1.1 %s\r\n%sConnection: close\r\n"
		"Content-Length: %zu\r\n\r\n%s",
		status, headers, strlen(body), body);
}

static void wait_for_close(int fd)
{
	char sink[512];

	while (recv(fd, sink, sizeof(sink), 0) > 0)
		;
}

static void reset_connection(int fd)
{
	const struct linger now = {.l_onoff = 1, .l_linger = 0};

	/* Let the client read what was sent: a reset drops it. */
	poll(NULL, 0, 100);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void repeat(int fd, const char *text)
{
	while (send(fd, text, strlen(text), MSG_NOSIGNAL) > 0)
		;
}

static void serve_stall(int fd, const char *head)
{
	(void)head;
	send_text(fd, TEN_OF_1000);
	wait_for_close(fd);
}

/* A byte every 200 ms, for ever. */
static void serve_drip(int fd, const char *head)
{
	struct timespec pause = {.tv_nsec = 200000000};

	(void)head;
	send_text(fd, TEN_OF_1000);
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		nanosleep(&pause, NULL);
}

static void serve_silent(int fd, const char *head)
{
	(void)head;
	wait_for_close(fd);
}

static void serve_short(int fd, const char *head)
{
	(void)head;
	send_text(fd, TEN_OF_1000);
}

static void serve_short_chunk(int fd, const char *head)
{
	(void)head;
	send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		      "a\r\n0123456789\r\n");
}

static void serve_reset(int fd, const char *head)
{
	(void)head;
	send_text(fd, TEN_OF_1000);
	reset_connection(fd);
}

static void serve_empty(int fd, const char *head)
{
	(void)fd;
	(void)head;
}

static void serve_endless(int fd, const char *head)
{
	(void)head;
	send_text(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	repeat(fd, "0123456789abcdef0123456789abcdef");
}

static void serve_headers(int fd, const char *head)
{
	(void)head;
	send_text(fd, "HTTP/1.1 200 OK\r\n");
	repeat(fd, "X-Filler: 0123456789abcdef0123456789abcdef\r\n");
}

static void serve_garbage(int fd, const char *head)
{
	(void)head;
	send_text(fd, "\x16\x03 this is not HTTP\r\n\r\n");
}

static void serve_encoded(int fd, const char *head)
{
	(void)head;
	send_answer(fd, "200 OK", "Content-Encoding: gzip\r\n", "as it is");
}

/* /etag-N: one of N bytes */
static void serve_etag(int fd, const char *head)
{
	unsigned n = (unsigned)strtoul(strstr(head, "/etag-") + 6, NULL, 10);
	char *field = malloc(n + 16);

	memcpy(field, "ETag: ", 6);
	memset(field + 6, 'e', n);
	memcpy(field + 6 + n, "\r\n", 3);
	send_answer(fd, "200 OK", field, "tagged");
	free(field);
}

static void serve_echo(int fd, const char *head)
{
	send_answer(fd, "200 OK", "", head);
}

static void serve_503(int fd, const char *head)
{
	(void)head;
	send_answer(fd, "503 Service Unavailable", "", "down");
}

static void serve_429(int fd, const char *head)
{
	(void)head;
	send_answer(fd, "429 Too Many Requests", "Retry-After: 1\r\n", "slow");
}

static void serve_busy(int fd, const char *head)
{
	(void)head;
	send_answer(fd, "429 Too Many Requests", "Retry-After: 3600\r\n",
		    "slow");
}

static void serve_500(int fd, const char *head)
{
	(void)head;
	send_answer(fd, "500 Internal Server Error", "", "oops");
}

static void serve_confused(int fd, const char *head)
{
	send_answer(fd, "403 Forbidden", "", head);
}

static void take_some(int fd)
{
	char some[10];

	recv(fd, some, sizeof(some), MSG_WAITALL);
}

static void take_payload(int fd, size_t size)
{
	char piece[65536];

	while (size > 0) {
		ssize_t n = recv(
		    fd, piece, size < sizeof(piece) ? size : sizeof(piece), 0);

		if (n <= 0)
			return;
		size -= (size_t)n;
	}
}

static void serve_take_stall(int fd, const char *head)
{
	(void)head;
	take_some(fd);
	/* That the client is gone does not show behind what it sent. */
	poll(NULL, 0, 2000);
}

static void serve_take_reset(int fd, const char *head)
{
	(void)head;
	take_some(fd);
	reset_connection(fd);
}

static void serve_refuse(int fd, const char *head)
{
	(void)head;
	take_some(fd);
	send_answer(fd, "413 Payload Too Large", "", "{\"message\":\"big\"}");
}

static void serve_status(int fd, const char *head)
{
	char status[32];

	snprintf(status, sizeof(status), "%.3s Status",
		 strstr(head, "/status-") + strlen("/status-"));
	send_answer(fd, status, "", "<a>said <b>the\tserver</b></a>\n");
}

static void serve_407(int fd, const char *head)
{
	(void)head;
	send_answer(fd, "407 Proxy Authentication Required",
		    "Proxy-Authenticate: Basic realm=\"x\"\r\n", "who?");
}

static struct route {
	const char *path;
	void (*serve)(int fd, const char *head);
	bool recovers;
	int requests;
	bool early; /* answers before it has the payload */
} routes[] = {
    {"/stall", serve_stall, false, 0, false},
    {"/drip", serve_drip, false, 0, false},
    {"/silent", serve_silent, false, 0, false},
    {"/short", serve_short, false, 0, false},
    {"/short-chunk", serve_short_chunk, false, 0, false},
    {"/reset", serve_reset, false, 0, false},
    {"/empty", serve_empty, false, 0, false},
    {"/endless", serve_endless, false, 0, false},
    {"/headers", serve_headers, false, 0, false},
    {"/garbage", serve_garbage, false, 0, false},
    {"/encoded", serve_encoded, false, 0, false},
    {"/etag-1024", serve_etag, false, 0, false},
    {"/etag-1025", serve_etag, false, 0, false},
    {"/etag-90000", serve_etag, false, 0, false},
    {"/etag-200000", serve_etag, false, 0, false},
    {"/echo", serve_echo, false, 0, false},
    {"/flaky-503", serve_503, true, 0, false},
    {"/flaky-reset", serve_reset, true, 0, false},
    {"/flaky-429", serve_429, true, 0, false},
    {"/busy", serve_busy, false, 0, false},
    {"/down", serve_503, false, 0, false},
    {"/flaky-500", serve_500, true, 0, false},
    {"/confused", serve_confused, false, 0, false},
    {"/take-stall", serve_take_stall, false, 0, true},
    {"/take-reset", serve_take_reset, false, 0, true},
    {"/flaky-take-reset", serve_take_reset, true, 0, true},
    {"/refuse", serve_refuse, false, 0, true},
    {":407", serve_407, false, 0, false},
    {":502", serve_503, false, 0, false},
    {"/status-400", serve_status, false, 0, false},
    {"/status-403", serve_status, false, 0, false},
    {"/status-409", serve_status, false, 0, false},
    {"/status-412", serve_status, false, 0, false},
    {"/status-413", serve_status, false, 0, false},
    {"/status-422", serve_status, false, 0, false},
};

#define N_ROUTES (sizeof(routes) / sizeof(routes[0]))

/* Is `path` what the request line asks for, also in a proxy's form? */
static bool asks_for(const char *head, const char *path)
{
	const char *target = strchr(head, ' ');
	const char *end = target ? strchr(++target, ' ') : NULL;
	size_t len = strlen(path);

	return end && (size_t)(end - target) >= len &&
	       strncmp(end - len, path, len) == 0;
}

static struct route *find_route(const char *head)
{
	for (size_t i = 0; i < N_ROUTES; i++)
		if (asks_for(head, routes[i].path))
			return &routes[i];
	return NULL;
}

/* `size` bytes of payload are not yet taken. */
static void serve(int fd, const char *head, size_t size)
{
	struct route *route = find_route(head);
	int total = 0;
	char count[32];

	for (size_t i = 0; i < N_ROUTES; i++)
		total += routes[i].requests;
	snprintf(count, sizeof(count), "%d", total);
	if (route)
		route->requests++;
	if (route && route->requests > FAILURES && route->recovers)
		route = NULL;
	else if (!route && !asks_for(head, "/count"))
		head = NULL;
	if (!route || !route->early)
		take_payload(fd, size);
	if (route)
		route->serve(fd, head);
	else if (!head)
		send_answer(fd, "404 Not Found", "", "what?");
	else if (asks_for(head, "/count"))
		send_answer(fd, "200 OK", "", count);
	else
		send_answer(fd, "200 OK", "", "recovered");
}

static size_t announced_size(const char *head)
{
	const char *line = strcasestr(head, "\r\nContent-Length:");

	return line ? strtoul(strchr(line, ':') + 1, NULL, 10) : 0;
}

static void serve_connection(int fd)
{
	char head[HEAD_MAX + 1] = "";
	size_t len = 0, size, taken;

	while (len < HEAD_MAX && !strstr(head, "\r\n\r\n")) {
		ssize_t n = recv(fd, head + len, HEAD_MAX - len, 0);

		if (n <= 0)
			return;
		len += (size_t)n;
		head[len] = '\0';
	}
	size = announced_size(head);
	taken = len - (size_t)(strstr(head, "\r\n\r\n") + 4 - head);
	if (strcasestr(head, "\r\nExpect:"))
		send_text(fd, "HTTP/1.1 100 Continue\r\n\r\n");
	serve(fd, head, size > taken ? size - taken : 0);
}

static int listen_somewhere(int *port)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
	    listen(fd, BACKLOG) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
		perror("test support: cannot listen on 127.0.0.1");
		exit(STATUS_BROKEN);
	}
	*port = ntohs(address.sin_port);
	return fd;
}

static _Noreturn void serve_forever(int listener)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		serve_connection(fd);
		close(fd);
	}
}

void rel_test_fault_start(struct rel_test_fault *out)
{
	int listener = listen_somewhere(&out->port);

	out->pid = fork();
	if (out->pid < 0) {
		perror("test support: cannot fork");
		exit(STATUS_BROKEN);
	}
	if (out->pid == 0)
		serve_forever(listener);
	close(listener);
}

void rel_test_fault_stop(struct rel_test_fault *fault)
{
	kill(fault->pid, SIGKILL);
	waitpid(fault->pid, NULL, 0);
}

int rel_test_free_port(void)
{
	int port, fd = listen_somewhere(&port);

	close(fd);
	return port;
}
