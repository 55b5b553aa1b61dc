/* The reader of relctl.yml. */
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str text = rel_str_n((const char *)data, size);
	struct rel_error err = {0};
	struct rel_conf conf;

	if (rel_conf_parse(&conf, text, "relctl.yml", &err) != 0 &&
	    err.code != REL_ENOMEM && err.line == 0)
		__builtin_trap(); /* a mistake without its place */
	rel_conf_free(&conf);
	return 0;
}
