/*
 * libcurl, loaded when first needed (cmake/RelctlLazy.cmake): rel_curl_load()
 * comes before any of its functions.  Private.
 */
#ifndef REL_NET_CURL_H
#define REL_NET_CURL_H

#include <curl/curl.h>

#include "base/lazy.h"

#ifdef REL_LIBCURL_LAZY
/* the library's own macros around its functions */
#undef curl_easy_setopt
#undef curl_easy_getinfo

/* Errors  those of rel_lazy_load() */
REL_MUST_CHECK int rel_curl_load(struct rel_error *err);
#include REL_LIBCURL_LAZY
#else
static inline int rel_curl_load(struct rel_error *err)
{
	(void)err;
	return 0;
}
#endif

#endif
