#include "support/http_nginx.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "support/shell.h"
#include "support/support.h"

#define STATUS_BROKEN 99
#define TRIES	      200 /* of 50 ms */

/* sbin is not in everybody's PATH. */
#define FIND "PATH=$PATH:/usr/sbin:/usr/local/sbin; command -v nginx"

bool rel_test_nginx_exists(void)
{
	if (rel_test_sh_status(FIND " >/dev/null") == 0)
		return true;
	fprintf(stderr, "skipped: no nginx\n");
	return false;
}

static bool listens(int port)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool connected =
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	close(fd);
	return connected;
}

static void write_conf(const char *dir, const char *servers)
{
	char *conf = rel_test_text(
	    "daemon off;\nmaster_process off;\npid nginx.pid;\n"
	    "error_log error.log;\nevents { worker_connections 64; }\n"
	    "http {\n\tlog_format auth $http_authorization;\n"
	    "\taccess_log access.log;\n"
	    "\tdefault_type application/octet-stream;\n"
	    "\tclient_body_temp_path tmp-body;\n\tproxy_temp_path tmp-proxy;\n"
	    "\tfastcgi_temp_path tmp-fcgi;\n\tuwsgi_temp_path tmp-uwsgi;\n"
	    "\tscgi_temp_path tmp-scgi;\n%s\n}\n",
	    servers);

	rel_test_write_text(dir, "nginx.conf", conf);
	free(conf);
}

void rel_test_nginx_start(struct rel_test_nginx *out, const char *dir, int port,
			  const char *servers)
{
	const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
	char *program = rel_test_sh(FIND), *prefix, *conf, *log;
	struct rel_error err = {0};

	prefix = rel_test_text("%s/", dir);
	conf = rel_test_text("%s/nginx.conf", dir);
	log = rel_test_text("%s/error.log", dir);
	write_conf(dir, servers);
	/* Not to be left behind by a test program that crashes. */
	const char *argv[] = {"setpriv", "--pdeathsig", "TERM", program,
			      "-p",	 prefix,	"-c",	conf,
			      "-e",	 log,		NULL};

	if (rel_process_start(&out->process, argv, dir, NULL, 0, &err) != 0) {
		fprintf(stderr, "test support: nginx: %s\n", err.text);
		exit(STATUS_BROKEN);
	}
	for (int i = 0; !listens(port); i++) {
		if (i == TRIES) {
			fprintf(stderr,
				"test support: nginx does not start:\n%s\n",
				rel_test_read(log, NULL));
			exit(STATUS_BROKEN);
		}
		nanosleep(&pause, NULL);
	}
	free(program);
	free(prefix);
	free(conf);
	free(log);
}

void rel_test_nginx_stop(struct rel_test_nginx *nginx)
{
	rel_process_kill(&nginx->process);
}
