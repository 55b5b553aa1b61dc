#include "release/cut/pack.h"

int rel_pack_file_name(struct rel_buf *out,
		       const struct rel_pack_request *request)
{
	rel_buf_printf(out, "%.*s-%.*s.%s", REL_STR_ARG(request->name),
		       REL_STR_ARG(request->version),
		       rel_archive_format_name(request->format));
	return out->status;
}

const char *rel_pack_difference_text(
    const struct rel_pack_difference *difference)
{
	static const char *const TEXTS[] = {
	    [REL_PACK_MISSING] = "missing from the archive",
	    [REL_PACK_EXTRA] = "not in the tag",
	    [REL_PACK_KIND] = "of another kind",
	    [REL_PACK_MODE] = "executable in only one of them",
	    [REL_PACK_CONTENT] = "other content",
	    [REL_PACK_TARGET] = "another link target",
	    [REL_PACK_TWICE] = "more than once in the archive",
	};

	return difference->change == REL_PACK_UNSURE
		   ? difference->why
		   : TEXTS[difference->change];
}
