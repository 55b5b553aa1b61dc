#include "base/network.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *rel_network_env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static const char *first_set(const char *const names[])
{
	while (*names && !rel_network_env(*names))
		names++;
	return *names;
}

const char *rel_network_proxy(bool tls)
{
	/* HTTP_PROXY is not read: a CGI program gets it from its client. */
	static const char *const plain[] = {"http_proxy", "all_proxy",
					    "ALL_PROXY", NULL};
	static const char *const secure[] = {"https_proxy", "HTTPS_PROXY",
					     "all_proxy", "ALL_PROXY", NULL};

	return first_set(tls ? secure : plain);
}

const char *rel_network_no_proxy(void)
{
	static const char *const names[] = {"no_proxy", "NO_PROXY", NULL};

	return first_set(names);
}

int rel_network_add_proxy(struct rel_buf *out, const char *value)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t scheme = strspn(value, letters);
	const char *host = value, *at;

	if (strncmp(value + scheme, "://", 3) == 0)
		host += scheme + 3;
	rel_buf_add(out, value, (size_t)(host - value));
	/* A password may hold a slash, and then it ends at the last "@". */
	at = strrchr(host, '@');
	if (at)
		host = at + 1;
	return rel_buf_add(out, host, strcspn(host, "/?#"));
}

const char *rel_network_ca_file(void)
{
	static const char *const names[] = {"CURL_CA_BUNDLE", "SSL_CERT_FILE",
					    NULL};

	return first_set(names);
}

/* " (SSL_CERT_DIR=…, which cannot be read: …)" */
static void add_dir(struct rel_buf *out)
{
	const char *dir = rel_network_env("SSL_CERT_DIR");

	if (!dir)
		return;
	if (access(dir, R_OK | X_OK) != 0)
		rel_buf_printf(out, " (SSL_CERT_DIR=%s cannot be read: %s)",
			       dir, strerror(errno));
	else
		rel_buf_printf(out,
			       " (or into SSL_CERT_DIR=%s, followed by "
			       "`openssl rehash`)",
			       dir);
}

int rel_network_add_ca(struct rel_buf *out, const char *fact,
		       const char *variable, const char *file)
{
	if (strstr(fact, "expired"))
		return rel_buf_add_cstr(out, "its keeper must renew it (is "
					     "this machine's clock right?)");
	if (strstr(fact, "not yet valid"))
		return rel_buf_add_cstr(out, "is this machine's clock right?");
	if (strstr(fact, "subject name") || strstr(fact, "host name"))
		return rel_buf_add_cstr(out, "is the host name in the URL "
					     "right?");
	if (!file)
		rel_buf_add_cstr(out,
				 "if a private authority signs it, name the "
				 "file of that authority's certificate in "
				 "SSL_CERT_FILE");
	else if (access(file, R_OK) != 0)
		rel_buf_printf(out, "%s=%s cannot be read: %s", variable, file,
			       strerror(errno));
	else
		rel_buf_printf(out,
			       "%s=%s is in force: add the certificate of the "
			       "server's authority to that file",
			       variable, file);
	add_dir(out);
	return out->status;
}
