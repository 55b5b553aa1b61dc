#include "archive/write.h"

static const struct {
	const char *suffix;
	enum rel_archive_format format;
} SUFFIXES[] = {
    /* The first of a format is its name. */
    {"tbz", REL_ARCHIVE_TBZ},	    {"tar.gz", REL_ARCHIVE_TAR_GZ},
    {"tar.xz", REL_ARCHIVE_TAR_XZ}, {"tar.zst", REL_ARCHIVE_TAR_ZST},
    {"tar", REL_ARCHIVE_TAR},	    {"tar.bz2", REL_ARCHIVE_TBZ},
    {"tbz2", REL_ARCHIVE_TBZ},	    {"tgz", REL_ARCHIVE_TAR_GZ},
    {"txz", REL_ARCHIVE_TAR_XZ},    {"tzst", REL_ARCHIVE_TAR_ZST},
};

#define N_SUFFIXES (sizeof(SUFFIXES) / sizeof(SUFFIXES[0]))

const char *rel_archive_format_name(enum rel_archive_format format)
{
	size_t i = 0;

	while (SUFFIXES[i].format != format)
		i++;
	return SUFFIXES[i].suffix;
}

bool rel_archive_format_of(enum rel_archive_format *out, struct rel_str name)
{
	for (size_t i = 0; i < N_SUFFIXES; i++) {
		struct rel_str suffix = rel_str_of(SUFFIXES[i].suffix);

		if (!rel_str_ends(name, suffix) ||
		    (name.len > suffix.len &&
		     name.ptr[name.len - suffix.len - 1] != '.'))
			continue;
		*out = SUFFIXES[i].format;
		return true;
	}
	return false;
}
