/* From the tree to struct rel_conf. */
#ifndef REL_CONF_SCHEMA_H
#define REL_CONF_SCHEMA_H

#include "conf/conf.h"
#include "conf/yaml.h"

/*
 * Fill the lists and sections of `conf` from the document `root` (may be
 * NULL: nothing is said); texts stay in conf->arena.
 * Errors  REL_EPARSE with line and column; REL_ENOMEM.
 */
REL_MUST_CHECK int rel_conf_fill(struct rel_conf *conf,
				 const struct rel_yaml *root,
				 struct rel_error *err);

#endif
