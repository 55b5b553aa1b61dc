/* Function names in here stand for themselves, not for the pointers. */
#include "net/curl.h"

#ifdef REL_LIBCURL_SONAME

#undef curl_easy_cleanup
#undef curl_easy_getinfo
#undef curl_easy_header
#undef curl_easy_init
#undef curl_easy_perform
#undef curl_easy_reset
#undef curl_easy_setopt
#undef curl_easy_strerror
#undef curl_free
#undef curl_global_cleanup
#undef curl_global_init
#undef curl_slist_append
#undef curl_slist_free_all
#undef curl_url
#undef curl_url_cleanup
#undef curl_url_get
#undef curl_url_set
#undef curl_url_strerror

struct rel_curl rel_curl;

static const struct rel_lazy_symbol symbols[] = {
#define REL_SYMBOL(function) {#function, &rel_curl.function},
    REL_LIBCURL_FUNCTIONS(REL_SYMBOL)
#undef REL_SYMBOL
};

static struct rel_lazy lazy = {
    .soname = REL_LIBCURL_SONAME,
    .symbols = symbols,
    .n_symbols = sizeof(symbols) / sizeof(symbols[0]),
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

int rel_curl_load(struct rel_error *err)
{
	return rel_lazy_load(&lazy, err);
}

#else

int rel_curl_load(struct rel_error *err)
{
	(void)err;
	return 0;
}

#endif
