/*
 * The keys at the top of relctl.yml, one file each: schema_<key>.c.  `target`
 * is the struct rel_conf to fill.  Errors as rel_conf_fill().
 */
#ifndef REL_CONF_SCHEMA_PARTS_H
#define REL_CONF_SCHEMA_PARTS_H

#include "conf/values.h"

int rel_conf_read_remotes(struct rel_conf_reader *r,
			  const struct rel_yaml *value, void *target);
int rel_conf_read_environments(struct rel_conf_reader *r,
			       const struct rel_yaml *value, void *target);
int rel_conf_read_release(struct rel_conf_reader *r,
			  const struct rel_yaml *value, void *target);
int rel_conf_read_publish(struct rel_conf_reader *r,
			  const struct rel_yaml *value, void *target);

#endif
