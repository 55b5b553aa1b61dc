/* Parts of looking; no header for other modules. */
#ifndef REL_SCAFFOLD_LOOK_H
#define REL_SCAFFOLD_LOOK_H

#include "git/objects.h"
#include "scaffold/scaffold.h"

/* The last part of a path or URL without ".git", of letters that a name in
 * relctl.yml may have; "remote" when nothing is left.  In the arena. */
REL_MUST_CHECK int rel_scaffold_name_of(const char **out,
					struct rel_arena *arena,
					const char *location,
					struct rel_error *err);

/* look_names.c: origin, its host, and what follows from them. */
REL_MUST_CHECK int rel_scaffold_look_origin(struct rel_scaffold_facts *facts,
					    const char *url,
					    struct rel_error *err);

/* look_names.c: the pattern that most tags follow. */
REL_MUST_CHECK int rel_scaffold_look_tags(struct rel_scaffold_facts *facts,
					  struct rel_git_store *store,
					  struct rel_error *err);

/* Is there a file or directory `name` in the root? */
bool rel_scaffold_has(const struct rel_scaffold_facts *facts, const char *name);

#endif
