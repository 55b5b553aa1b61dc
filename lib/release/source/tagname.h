/*
 * Names of tags, from a pattern such as "{version}", "v{version}" or
 * "{name}-{version}", and back.
 *
 * A version may hold what git cannot have in a name (git-check-ref-format(1)):
 * "~", two dots in a row, a dot in front or at the end, ".lock" at the end; and
 * a leading "-" would be taken for an option.  So, in the tag:
 *	~	is _	as dune-release and Debian's DEP 14 write it
 *	_	is ,_	so that the way back is certain
 *	a "," stands in front of a leading "." or "-", of a "." behind another,
 *	and of "lock" behind a "."; and behind a "." that is last
 * Versions have no comma of their own.  "1.3~beta_2" is tagged "1.3_beta,_2".
 */
#ifndef REL_RELEASE_TAGNAME_H
#define REL_RELEASE_TAGNAME_H

#include "base/buf.h"
#include "conf/conf.h"
#include "release/source/project.h"

/* The pattern when relctl.yml gives none and there is one package, or all are
 * released together. */
#define REL_TAGNAME_DEFAULT "{version}"
/* The same when some packages are released without the others. */
#define REL_TAGNAME_DEFAULT_NAMED "{name}-{version}"

/*
 * Append the tag of a release.
 * pattern  one "{version}", any number of "{name}"; NULL = REL_TAGNAME_DEFAULT
 * name     what "{name}" stands for: the package, or the project when several
 *          are released together
 * Errors   REL_EUSAGE `version` is none; the pattern has no or two "{version}",
 * an unknown
 *          "{…}", or makes a name that git refuses; REL_ENOMEM; REL_ELIMIT
 */
REL_MUST_CHECK int rel_tagname_make(struct rel_buf *out, const char *pattern,
				    struct rel_str name, struct rel_str version,
				    struct rel_error *err);

/*
 * Append the version that `tag` stands for under the pattern and name.
 * Returns 1; 0 when it is no tag of that form, or one that rel_tagname_make()
 *         would write otherwise; REL_EUSAGE, REL_ENOMEM.
 */
REL_MUST_CHECK int rel_tagname_version(struct rel_buf *out, const char *pattern,
				       struct rel_str name, struct rel_str tag,
				       struct rel_error *err);

/* Would git take `name` behind refs/tags/?  git-check-ref-format(1), and not
 * "-…". */
bool rel_tagname_is_valid(struct rel_str name);

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
