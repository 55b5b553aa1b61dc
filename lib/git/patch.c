#include "git/patch.h"

#include "git/internal.h"

/* `was` NULL: the file is new. */
static int add_patch(struct rel_buf *out, const char *path,
		     const struct rel_str *was, struct rel_str content,
		     struct rel_error *err)
{
	git_diff_options options;
	git_buf text = {0};
	git_patch *patch = NULL;
	int status, rc = rel_git_library_open(err);

	if (rc)
		return rc;
	status = git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_SHOW_BINARY;
	options.id_abbrev = GIT_OID_HEXSZ; /* git wants all of a binary's */
	if (status == 0)
		status = git_patch_from_buffers(
		    &patch, was ? was->ptr : NULL, was ? was->len : 0,
		    was ? path : NULL, content.ptr ? content.ptr : "",
		    content.len, path, &options);
	if (status == 0)
		status = git_patch_to_buf(&text, patch);
	if (status < 0)
		rc = rel_git_library_fail(err, status, "cannot show %s", path);
	else
		rel_buf_add(out, text.ptr, text.size);
	git_buf_dispose(&text);
	git_patch_free(patch);
	rel_git_library_close();
	return rc ? rc : rel_buf_status(out, "the files", err);
}

int rel_git_patch_new_file(struct rel_buf *out, const char *path,
			   struct rel_str content, struct rel_error *err)
{
	return add_patch(out, path, NULL, content, err);
}

int rel_git_patch_file(struct rel_buf *out, const char *path,
		       struct rel_str was, struct rel_str content,
		       struct rel_error *err)
{
	if (!was.ptr)
		was = REL_STR("");
	return add_patch(out, path, &was, content, err);
}
