#include "base/lazy.h"

#include <dlfcn.h>

/* POSIX lets dlsym() results be functions, ISO C has no word for it. */
static int set_slots(const struct rel_lazy *lazy, void *handle,
		     struct rel_error *err)
{
	for (size_t i = 0; i < lazy->n_symbols; i++) {
		const struct rel_lazy_symbol *symbol = &lazy->symbols[i];
		void *function = dlsym(handle, symbol->name);

		if (!function)
			return rel_fail(err, REL_EIO,
					"the library %s has no function %s",
					lazy->soname, symbol->name);
		memcpy(symbol->slot, &function, sizeof(function));
	}
	return 0;
}

int rel_lazy_load(struct rel_lazy *lazy, struct rel_error *err)
{
	void *handle;
	int rc = 0;

	pthread_mutex_lock(&lazy->lock);
	if (!lazy->loaded) {
		handle = dlopen(lazy->soname, RTLD_NOW | RTLD_LOCAL);
		if (handle)
			rc = set_slots(lazy, handle, err);
		else
			rc = rel_fail(err, REL_EIO,
				      "a library is missing; install it: %s",
				      dlerror());
		lazy->loaded = rc == 0;
	}
	pthread_mutex_unlock(&lazy->lock);
	return rc;
}
