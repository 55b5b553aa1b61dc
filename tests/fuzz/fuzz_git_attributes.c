/*
 * A .gitattributes of the root, one of the directory "d", paths one a line and
 * a file's content, one behind the other and ended by NUL: attributes are
 * looked up and the content converted.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "git/convert.h"
#include "git/glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next NUL-terminated part of the input. */
static struct rel_str next_part(struct rel_str *rest)
{
	size_t end = rel_str_find(*rest, '\0');
	struct rel_str part = rel_str_sub(*rest, 0, end);

	*rest = rel_str_sub(*rest, end + 1, rest->len);
	return part;
}

/* Without keywords and added line ends, nothing may change. */
static void check_convert(
    struct rel_git_attribute_value values[REL_GIT_ATTRIBUTES],
    struct rel_str content)
{
	static const struct rel_git_id ID;
	struct rel_error err = {0};
	struct rel_buf out;

	/* What is substituted comes from a commit. */
	values[REL_GIT_EXPORT_SUBST] = (struct rel_git_attribute_value){0};
	rel_buf_init(&out, 64 * REL_MIB);
	if (rel_git_convert(&out, values, NULL, &ID, content, &err) == 0) {
		if (!rel_git_convert_may(values) &&
		    !rel_str_eq(rel_buf_str(&out), content))
			abort();
		if (values[REL_GIT_IDENT].state != REL_GIT_SET &&
		    out.len < content.len)
			abort();
	}
	rel_buf_free(&out);
}

/* A pattern of plain characters matches itself alone. */
static void check_glob(struct rel_str path)
{
	for (size_t i = 0; i < path.len; i++) {
		if (strchr("*?[\\", path.ptr[i]))
			return;
	}
	if (!rel_git_glob(path, path, true) || !rel_git_glob(path, path, false))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_git_attribute_value values[REL_GIT_ATTRIBUTES];
	struct rel_str rest = rel_str_n((const char *)data, size);
	struct rel_str root = next_part(&rest), sub = next_part(&rest);
	struct rel_str paths = next_part(&rest), content = next_part(&rest);
	struct rel_git_attributes *attributes = NULL;
	struct rel_error err = {0};
	int code = rel_git_attributes_new(&attributes, &err);

	if (code == 0)
		code = rel_git_attributes_push(attributes, rel_str_n("", 0),
					       root, &err);
	while (code == 0 && paths.ptr) {
		struct rel_str path = rel_str_cut(&paths, '\n');

		check_glob(path);
		rel_git_attributes_keep(attributes, 1);
		if (rel_str_starts(path, REL_STR("d/")))
			code = rel_git_attributes_push(attributes, REL_STR("d"),
						       sub, &err);
		if (code != 0)
			break;
		rel_git_attributes_of(values, attributes, path,
				      path.len % 3 == 0);
		check_convert(values, content);
	}
	if (code > 0 || (code < 0 && err.text[0] == '\0'))
		abort();
	rel_git_attributes_free(attributes);
	return 0;
}
