/* Tags to versions and back: "pattern\nname\ntag or version". */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "opam/version.h"
#include "release/source/numbering.h"
#include "release/source/tagname.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a valid version becomes must be read back as it. */
static void there_and_back(const char *pattern, struct rel_str name,
			   struct rel_str version)
{
	struct rel_buf tag, again;

	rel_buf_init(&tag, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&again, REL_LIMIT_CONFIG_BYTES);
	if (rel_tagname_make(&tag, pattern, name, version, NULL) == 0 &&
	    rel_version_is_valid(version) &&
	    (rel_tagname_version(&again, pattern, name, rel_buf_str(&tag),
				 NULL) != 1 ||
	     !rel_str_eq(rel_buf_str(&again), version)))
		__builtin_trap();
	rel_buf_free(&tag);
	rel_buf_free(&again);
}

/* The next version is newer; what comes before a release is older than it. */
static void count_up(struct rel_str version)
{
	struct rel_buf text;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	for (int i = REL_NUMBERING_MAJOR; i <= REL_NUMBERING_PRERELEASE; i++) {
		rel_buf_clear(&text);
		if (rel_numbering_next(&text, version,
				       (enum rel_numbering_part)i, NULL) == 0 &&
		    rel_version_compare(rel_buf_str(&text), version) <= 0)
			__builtin_trap();
	}
	rel_buf_clear(&text);
	if (rel_numbering_is_misplaced(&text, version) &&
	    rel_version_compare(rel_buf_str(&text), version) >= 0)
		__builtin_trap();
	rel_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str rest = rel_str_n((const char *)data, size);
	struct rel_str first = rel_str_cut(&rest, '\n'), name, text;
	struct rel_buf pattern, version;

	if (!rest.ptr)
		return 0;
	name = rel_str_cut(&rest, '\n');
	text = rest.ptr ? rest : REL_STR("");
	rel_buf_init(&pattern, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&version, REL_LIMIT_CONFIG_BYTES);
	rel_buf_add_str(&pattern, first);
	if (rel_version_is_valid(text))
		count_up(text);
	if (pattern.ptr) {
		there_and_back(pattern.ptr, name, text);
		if (rel_tagname_version(&version, pattern.ptr, name, text,
					NULL) != 1 &&
		    version.len)
			__builtin_trap(); /* something left behind */
	}
	rel_buf_free(&pattern);
	rel_buf_free(&version);
	return 0;
}
