/* XML as S3 servers answer with: names and values stay within the text. */
#include <stdint.h>
#include <stdlib.h>

#include "publish/publish_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int end(void *context, struct rel_str name, struct rel_str parent,
	       struct rel_str value, struct rel_error *err)
{
	(void)context;
	(void)err;
	if (name.len == 0 && parent.len == 0 && value.len > 0)
		return 0;
	if (value.len > REL_XML_VALUE_MAX || memchr(name.ptr, '<', name.len))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rel_xml_reader reader = {end, NULL};
	struct rel_error err = {0};

	if (rel_xml_read(&reader, rel_str_n((const char *)data, size), &err) !=
		0 &&
	    err.text[0] == '\0')
		abort();
	return 0;
}
