/* Proxies and certificates of the environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/network.h"

static void test_proxy_shown(void **state)
{
	static const struct {
		const char *value, *shown;
	} cases[] = {
	    {"http://proxy.example.org:3128", "http://proxy.example.org:3128"},
	    {"http://u:p@proxy.example.org:3128/",
	     "http://proxy.example.org:3128"},
	    {"u:p@proxy.example.org:3128", "proxy.example.org:3128"},
	    {"proxy.example.org", "proxy.example.org"},
	    {"socks5h://u@[::1]:1080", "socks5h://[::1]:1080"},
	    /* neither is a URL; what is before the last @ may be secret */
	    {"http://u:p@w/x@proxy.example.org", "http://proxy.example.org"},
	    {"http://u:p@[::1", "http://[::1"},
	    {"u:a://b@proxy.example.org", "proxy.example.org"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rel_buf out;

		rel_buf_init(&out, 100);
		assert_int_equal(rel_network_add_proxy(&out, cases[i].value),
				 0);
		assert_string_equal(out.ptr, cases[i].shown);
		rel_buf_free(&out);
	}
}

/* As libcurl-env(3) has it; empty is unset, HTTP_PROXY is never read. */
static void test_variables(void **state)
{
	static const char *const names[] = {
	    "http_proxy",     "HTTP_PROXY",   "https_proxy", "HTTPS_PROXY",
	    "all_proxy",      "ALL_PROXY",    "no_proxy",    "NO_PROXY",
	    "CURL_CA_BUNDLE", "SSL_CERT_FILE"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	assert_null(rel_network_proxy(true));
	assert_null(rel_network_no_proxy());
	assert_null(rel_network_ca_file());
	setenv("HTTP_PROXY", "x", 1);
	setenv("all_proxy", "", 1);
	assert_null(rel_network_proxy(false));
	setenv("ALL_PROXY", "x", 1);
	assert_string_equal(rel_network_proxy(false), "ALL_PROXY");
	assert_string_equal(rel_network_proxy(true), "ALL_PROXY");
	setenv("all_proxy", "x", 1);
	assert_string_equal(rel_network_proxy(true), "all_proxy");
	setenv("HTTPS_PROXY", "x", 1);
	assert_string_equal(rel_network_proxy(true), "HTTPS_PROXY");
	assert_string_equal(rel_network_proxy(false), "all_proxy");
	setenv("https_proxy", "x", 1);
	assert_string_equal(rel_network_proxy(true), "https_proxy");
	setenv("http_proxy", "x", 1);
	assert_string_equal(rel_network_proxy(false), "http_proxy");
	setenv("NO_PROXY", "x", 1);
	assert_string_equal(rel_network_no_proxy(), "NO_PROXY");
	setenv("SSL_CERT_FILE", "x", 1);
	assert_string_equal(rel_network_ca_file(), "SSL_CERT_FILE");
	setenv("CURL_CA_BUNDLE", "x", 1);
	assert_string_equal(rel_network_ca_file(), "CURL_CA_BUNDLE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_proxy_shown),
	    cmocka_unit_test(test_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
