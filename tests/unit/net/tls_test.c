/* Certificates, with an authority made by openssl at test time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "base/limits.h"
#include "net/http.h"
#include "support/http_fault.h"
#include "support/http_nginx.h"
#include "support/shell.h"
#include "support/support.h"

static char *dir;
static int plain_port, good_port, expired_port, named_port;
static struct rel_test_nginx nginx;

/* ca and other: two authorities.  good, expired: for 127.0.0.1, of ca.
 * named: of ca, for another host. */
#define CERTIFICATES                                                          \
	"cd '%s'; exec 2>openssl.log\n"                                       \
	"authority() { openssl req -x509 -newkey rsa:2048 -nodes -days 2"     \
	"  -subj /CN=$1 -keyout $1.key -out $1.pem; }\n"                      \
	"authority ca; authority other; mkdir certs; touch index\n"           \
	"printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\nnew_certs_dir=" \
	"certs\\nserial=serial\\npolicy=p\\ndefault_md=sha256\\nunique_"      \
	"subject"                                                             \
	"=no\\n[p]\\ncommonName=supplied\\n' >ca.cnf\n"                       \
	"server() {\n"                                                        \
	" openssl req -new -newkey rsa:2048 -nodes -subj /CN=$1"              \
	"  -keyout $1.key -out $1.csr\n"                                      \
	" echo subjectAltName=$2 >$1.ext\n"                                   \
	" openssl ca -batch -config ca.cnf -rand_serial -notext -cert ca.pem" \
	"  -keyfile ca.key -startdate 20200101000000Z -enddate $3"            \
	"  -extfile $1.ext -in $1.csr -out $1.pem\n"                          \
	"}\n"                                                                 \
	"server good IP:127.0.0.1 20491231000000Z\n"                          \
	"server expired IP:127.0.0.1 20200201000000Z\n"                       \
	"server named DNS:packages.example.org 20491231000000Z\n"

static char *tls_server(int port, const char *name, const char *more)
{
	return rel_test_text("server { listen 127.0.0.1:%d ssl;\n"
			     "ssl_certificate %s.pem;\n"
			     "ssl_certificate_key %s.key;\n%s"
			     "location = /x { return 200 secure; } }\n",
			     port, name, name, more);
}

static int start(void **state)
{
	char *good, *expired, *named, *down, *servers;

	(void)state;
	dir = rel_test_dir_new();
	free(rel_test_sh(CERTIFICATES, dir));
	rel_test_write_text(dir, "empty.pem", "");
	plain_port = rel_test_free_port();
	good_port = rel_test_free_port();
	expired_port = rel_test_free_port();
	named_port = rel_test_free_port();
	down = rel_test_text("location = /down { return 302"
			     " http://127.0.0.1:%d/x; }\n",
			     plain_port);
	good = tls_server(good_port, "good", down);
	expired = tls_server(expired_port, "expired", "");
	named = tls_server(named_port, "named", "");
	servers = rel_test_text("server { listen 127.0.0.1:%d;\n"
				"location = /x { return 200 plain; }\n"
				"location = /up { return 302"
				" https://127.0.0.1:%d/x; } }\n%s%s%s",
				plain_port, good_port, good, expired, named);
	rel_test_nginx_start(&nginx, dir, plain_port, servers);
	free(good);
	free(expired);
	free(named);
	free(down);
	free(servers);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	rel_test_nginx_stop(&nginx);
	rel_test_dir_free(dir);
	return 0;
}

/* GET with the authority `ca` (NULL: the system's) named by `variable`. */
static int get(struct rel_error *err, const char *scheme, int port,
	       const char *path, const char *variable, const char *ca)
{
	char *url = rel_test_text("%s://127.0.0.1:%d%s", scheme, port, path);
	char *file = rel_test_text("%s/%s", dir, ca ? ca : "");
	struct rel_http_request request = {.url = url, .max_bytes = 100};
	struct rel_http_answer answer = {0};
	struct rel_http *http;
	struct rel_buf body;
	int code;

	*err = (struct rel_error){0};
	if (ca)
		setenv(variable, file, 1);
	rel_buf_init(&body, 100);
	assert_int_equal(rel_http_new(&http, err), 0);
	code = rel_http_get_buf(&answer, &body, http, &request, err);
	if (code == 0)
		assert_string_equal(body.ptr, "secure");
	rel_http_free(http);
	rel_buf_free(&body);
	rel_http_answer_free(&answer);
	if (ca)
		unsetenv(variable);
	free(url);
	free(file);
	return code;
}

static void assert_refused(const struct rel_error *err, int code,
			   const char *reason, const char *remedy)
{
	assert_int_equal(code, REL_EIO);
	if (!strstr(err->text, reason) || !strstr(err->text, remedy) ||
	    !strstr(err->text, "127.0.0.1"))
		fail_msg("\"%s\" lacks \"%s\" or \"%s\"", err->text, reason,
			 remedy);
}

static void test_own_authority(void **state)
{
	struct rel_error err;

	(void)state;
	assert_int_equal(
	    get(&err, "https", good_port, "/x", "SSL_CERT_FILE", "ca.pem"), 0);
	assert_int_equal(
	    get(&err, "https", good_port, "/x", "CURL_CA_BUNDLE", "ca.pem"), 0);
	/* CURL_CA_BUNDLE goes first. */
	setenv("SSL_CERT_FILE", "/nonexistent", 1);
	assert_int_equal(
	    get(&err, "https", good_port, "/x", "CURL_CA_BUNDLE", "ca.pem"), 0);
	unsetenv("SSL_CERT_FILE");
}

static void test_wrong_authority(void **state)
{
	struct rel_error err;
	int code;

	(void)state;
	code = get(&err, "https", good_port, "/x", NULL, NULL);
	assert_refused(&err, code, "TLS certificate of 127.0.0.1 refused",
		       "SSL_CERT_FILE");
	code =
	    get(&err, "https", good_port, "/x", "SSL_CERT_FILE", "other.pem");
	assert_refused(&err, code, "TLS certificate of 127.0.0.1 refused",
		       "other.pem is in force");
	code =
	    get(&err, "https", good_port, "/x", "CURL_CA_BUNDLE", "other.pem");
	assert_refused(&err, code, "TLS certificate of 127.0.0.1 refused",
		       "CURL_CA_BUNDLE=");
	code = get(&err, "https", good_port, "/x", "SSL_CERT_DIR", "nowhere");
	assert_refused(&err, code, "SSL_CERT_DIR=", "No such file");
}

static void test_bad_certificates(void **state)
{
	struct rel_error err;
	int code;

	(void)state;
	code =
	    get(&err, "https", expired_port, "/x", "SSL_CERT_FILE", "ca.pem");
	assert_refused(&err, code, "expired", "renew");
	code = get(&err, "https", named_port, "/x", "SSL_CERT_FILE", "ca.pem");
	assert_refused(&err, code, "127.0.0.1", "is the host name in the URL");
	code = get(&err, "https", plain_port, "/x", "SSL_CERT_FILE", "ca.pem");
	assert_refused(&err, code, "no TLS connection", "");
}

static void test_missing_authority(void **state)
{
	struct rel_error err;

	(void)state;
	assert_int_equal(
	    get(&err, "https", good_port, "/x", "SSL_CERT_FILE", "missing.pem"),
	    REL_EIO);
	assert_non_null(strstr(err.text, "cannot use the certificate file"));
	assert_non_null(strstr(err.text, "missing.pem"));
	assert_non_null(strstr(err.text, "No such file"));
	assert_non_null(strstr(err.text, "SSL_CERT_FILE"));
	/* both are set, and the one in force is named */
	setenv("SSL_CERT_FILE", "/nonexistent", 1);
	assert_int_equal(
	    get(&err, "https", good_port, "/x", "CURL_CA_BUNDLE", "empty.pem"),
	    REL_EIO);
	assert_non_null(strstr(err.text, "from CURL_CA_BUNDLE"));
	assert_non_null(strstr(err.text, "no certificate"));
	assert_null(strstr(err.text, "SSL_CERT_FILE"));
	unsetenv("SSL_CERT_FILE");
}

static void test_up_and_down(void **state)
{
	struct rel_error err;
	int code;

	(void)state;
	assert_int_equal(
	    get(&err, "http", plain_port, "/up", "SSL_CERT_FILE", "ca.pem"), 0);
	code =
	    get(&err, "https", good_port, "/down", "SSL_CERT_FILE", "ca.pem");
	assert_refused(&err, code, "refused to be redirected from https", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_own_authority),
	    cmocka_unit_test(test_wrong_authority),
	    cmocka_unit_test(test_bad_certificates),
	    cmocka_unit_test(test_missing_authority),
	    cmocka_unit_test(test_up_and_down),
	};

	rel_test_clean_environment();
	unsetenv("all_proxy");
	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
	unsetenv("CURL_CA_BUNDLE");
	signal(SIGPIPE, SIG_IGN);
	if (!rel_test_nginx_exists())
		return REL_TEST_SKIPPED;
	return cmocka_run_group_tests(tests, start, stop);
}
