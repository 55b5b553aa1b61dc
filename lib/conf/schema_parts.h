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
int rel_conf_read_request(struct rel_conf_reader *r,
			  const struct rel_yaml *value, void *target);

/* An http(s) address, without slashes at its end. */
int rel_conf_read_address(struct rel_conf_reader *r,
			  const struct rel_yaml *value, const char *what,
			  const char **out);
/* OWNER/NAME of a repository on a forge, or its address. */
int rel_conf_read_repository(struct rel_conf_reader *r,
			     const struct rel_yaml *value, const char **out);

/* Keys of `publish` for the kinds put and s3; `target` is a struct
 * rel_conf_publish. */
int rel_conf_read_upload(struct rel_conf_reader *r,
			 const struct rel_yaml *value, void *target);
int rel_conf_read_endpoint(struct rel_conf_reader *r,
			   const struct rel_yaml *value, void *target);
int rel_conf_read_bucket(struct rel_conf_reader *r,
			 const struct rel_yaml *value, void *target);
int rel_conf_read_region(struct rel_conf_reader *r,
			 const struct rel_yaml *value, void *target);
int rel_conf_read_prefix(struct rel_conf_reader *r,
			 const struct rel_yaml *value, void *target);
int rel_conf_read_path_style(struct rel_conf_reader *r,
			     const struct rel_yaml *value, void *target);
int rel_conf_read_secret_file(struct rel_conf_reader *r,
			      const struct rel_yaml *value, void *target);

#endif
