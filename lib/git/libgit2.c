/* Function names in here stand for themselves, not for the pointers. */
#define REL_LIBGIT2_PLAIN
#include "git/libgit2.h"

#ifdef REL_LIBGIT2_SONAME

struct rel_libgit2 rel_libgit2;

static const struct rel_lazy_symbol symbols[] = {
#define REL_SYMBOL(function) {#function, &rel_libgit2.function},
    REL_LIBGIT2_FUNCTIONS(REL_SYMBOL)
#undef REL_SYMBOL
};

static struct rel_lazy lazy = {
    .soname = REL_LIBGIT2_SONAME,
    .symbols = symbols,
    .n_symbols = sizeof(symbols) / sizeof(symbols[0]),
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

int rel_libgit2_load(struct rel_error *err)
{
	return rel_lazy_load(&lazy, err);
}

#else

int rel_libgit2_load(struct rel_error *err)
{
	(void)err;
	return 0;
}

#endif
