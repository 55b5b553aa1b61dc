/*
 * The .gitattributes files of one tree.  Internal to lib/git.
 *
 * Source  gitattributes(5); git attr.c (parse_attr_line, path_matches, fill)
 *         and dir.c (parse_path_pattern, match_pathname)
 */
#ifndef REL_GIT_ATTRIBUTES_H
#define REL_GIT_ATTRIBUTES_H

#include "base/error.h"
#include "base/str.h"

/* Those that change what is exported. */
enum rel_git_attribute {
	REL_GIT_EXPORT_IGNORE,
	REL_GIT_EXPORT_SUBST,
	REL_GIT_TEXT,
	REL_GIT_CRLF, /* the old name of `text` */
	REL_GIT_EOL,
	REL_GIT_IDENT,
	REL_GIT_FILTER,
	REL_GIT_ENCODING, /* working-tree-encoding */
};
#define REL_GIT_ATTRIBUTES 8

enum rel_git_attribute_state {
	REL_GIT_UNSPECIFIED,
	REL_GIT_SET,
	REL_GIT_UNSET,
	REL_GIT_VALUE,
};

struct rel_git_attribute_value {
	enum rel_git_attribute_state state;
	struct rel_str text; /* of a VALUE; lives as long as its level */
};

/* A stack of files, the root's first. */
struct rel_git_attributes;

/* Errors  REL_ENOMEM */
REL_MUST_CHECK int rel_git_attributes_new(struct rel_git_attributes **out,
					  struct rel_error *err);
void rel_git_attributes_free(struct rel_git_attributes *attributes);

/*
 * Put the file of directory `dir` ("" = the root) on top of the stack; an
 * empty `content` where there is none, so that there is one level for each
 * directory.  Both texts are copied.  Lines that git does not understand are
 * passed over, as git does.
 * Errors  REL_ENOMEM; REL_ELIMIT too many macros
 */
REL_MUST_CHECK int rel_git_attributes_push(
    struct rel_git_attributes *attributes, struct rel_str dir,
    struct rel_str content, struct rel_error *err);

/* Drop all but the first `n` levels. */
void rel_git_attributes_keep(struct rel_git_attributes *attributes, uint32_t n);

/* The attributes of `path`, which is in the directory of the top level or a
 * level below. */
void rel_git_attributes_of(
    struct rel_git_attribute_value out[REL_GIT_ATTRIBUTES],
    struct rel_git_attributes *attributes, struct rel_str path, bool is_dir);

#endif
