/*
 * What the environment says of the network: proxies and certificates.
 * The variables are those that libcurl, and git with it, read.
 */
#ifndef REL_BASE_NETWORK_H
#define REL_BASE_NETWORK_H

#include <stdbool.h>

#include "base/buf.h"

/* A variable's value; empty counts as unset: NULL. */
const char *rel_network_env(const char *name);

/* The variable that names the proxy for a scheme, whatever no_proxy says:
 * "https_proxy", "all_proxy", …; NULL = none is set.
 * Source  libcurl-env(3) */
const char *rel_network_proxy(bool tls);
/* The variable that exempts hosts from it; NULL = none is set. */
const char *rel_network_no_proxy(void);

/* Append a proxy's address without user, password and path. */
int rel_network_add_proxy(struct rel_buf *out, const char *value);

/* The variable that names the file of certificates to trust: CURL_CA_BUNDLE
 * before SSL_CERT_FILE; NULL = none is set, the host's are used. */
const char *rel_network_ca_file(void);

/*
 * Append what to do where a server's certificate is refused.
 * fact      in the words of libcurl, OpenSSL or libgit2
 * variable  what names the file of certificates to trust, and
 * file      that file; NULL, NULL = the host's certificates are in force
 */
int rel_network_add_ca(struct rel_buf *out, const char *fact,
		       const char *variable, const char *file);

#endif
