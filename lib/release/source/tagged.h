/*
 * What a tag that stands already says is to be released: the way back from
 * tagname.h, without knowing which packages it was made for.
 *
 *  release: tag: with {name}     the package whose name it holds; all of them
 *                                when that is the project's name, or that
 *                                one when it was released apart (namesake)
 *  release: tag: without {name}  all packages
 *  none configured               "{name}-{version}" of a package, else
 *                                "{name}-{version}" of the project, else
 *                                "{version}": all packages
 *
 * Of several packages whose names would fit, the longest name counts: a tag
 * foo-bar-1.0 is of foo-bar where there is one, even though "bar-1.0" could
 * be a version of foo.
 */
#ifndef REL_RELEASE_TAGGED_H
#define REL_RELEASE_TAGGED_H

#include "conf/conf.h"
#include "release/source/project.h"

/* Texts live in the project's arena. */
struct rel_tagged {
	const char *version;
	const char *package; /* NULL = all of the project */
	/* … or, when its packages are released apart, this one alone, which is
	 * called as the project; NULL = none is */
	const char *namesake;
	/* "v1.0", and nothing is configured that says whether that is version
	 * v1.0 or 1.0 */
	bool either;
};

/*
 * tag      without refs/tags/
 * release  NULL = nothing is configured
 * Returns  1; 0 it is of no such form; REL_EUSAGE the pattern is none;
 *          REL_ENOMEM
 */
REL_MUST_CHECK int rel_tagged_read(struct rel_tagged *out, const char *tag,
				   struct rel_project *project,
				   const struct rel_conf_release *release,
				   struct rel_error *err);

#endif
