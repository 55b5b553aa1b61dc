/*
 * libcurl, loaded when first needed (base/lazy.h): rel_curl_load() comes before
 * any of its functions.  Private.
 */
#ifndef REL_NET_CURL_H
#define REL_NET_CURL_H

#include <curl/curl.h>

#include "base/lazy.h"

/* Errors  those of rel_lazy_load() */
REL_MUST_CHECK int rel_curl_load(struct rel_error *err);

#ifdef REL_LIBCURL_SONAME

#define REL_LIBCURL_FUNCTIONS(X) \
	X(curl_easy_cleanup)     \
	X(curl_easy_getinfo)     \
	X(curl_easy_header)      \
	X(curl_easy_init)        \
	X(curl_easy_perform)     \
	X(curl_easy_reset)       \
	X(curl_easy_setopt)      \
	X(curl_easy_strerror)    \
	X(curl_free)             \
	X(curl_global_cleanup)   \
	X(curl_global_init)      \
	X(curl_slist_append)     \
	X(curl_slist_free_all)   \
	X(curl_url)              \
	X(curl_url_cleanup)      \
	X(curl_url_get)          \
	X(curl_url_set)          \
	X(curl_url_strerror)

/* the library's own macros around its functions */
#undef curl_easy_setopt
#undef curl_easy_getinfo

struct rel_curl {
#define REL_POINTER(name) __typeof__(name) *name;
	REL_LIBCURL_FUNCTIONS(REL_POINTER)
#undef REL_POINTER
};

extern struct rel_curl rel_curl;

#define curl_easy_cleanup   rel_curl.curl_easy_cleanup
#define curl_easy_getinfo   rel_curl.curl_easy_getinfo
#define curl_easy_header    rel_curl.curl_easy_header
#define curl_easy_init	    rel_curl.curl_easy_init
#define curl_easy_perform   rel_curl.curl_easy_perform
#define curl_easy_reset	    rel_curl.curl_easy_reset
#define curl_easy_setopt    rel_curl.curl_easy_setopt
#define curl_easy_strerror  rel_curl.curl_easy_strerror
#define curl_free	    rel_curl.curl_free
#define curl_global_cleanup rel_curl.curl_global_cleanup
#define curl_global_init    rel_curl.curl_global_init
#define curl_slist_append   rel_curl.curl_slist_append
#define curl_slist_free_all rel_curl.curl_slist_free_all
#define curl_url	    rel_curl.curl_url
#define curl_url_cleanup    rel_curl.curl_url_cleanup
#define curl_url_get	    rel_curl.curl_url_get
#define curl_url_set	    rel_curl.curl_url_set
#define curl_url_strerror   rel_curl.curl_url_strerror

#endif

#endif
