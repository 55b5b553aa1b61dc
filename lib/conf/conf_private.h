/* What the files of lib/conf share: reading values, and who reads which key. */
#ifndef REL_CONF_PRIVATE_H
#define REL_CONF_PRIVATE_H

#include "conf/conf.h"
#include "conf/yaml.h"

/*
 * Reading values of relctl.yml with errors that say where and what instead;
 * shared by schema*.c, no header for other modules.
 */

#define REL_CONF_COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct rel_conf_reader {
	struct rel_arena *arena;
	struct rel_error *err;
};

/* One key a mapping may have; `read` puts its value into `target`. */
struct rel_conf_field {
	const char *name;
	int (*read)(struct rel_conf_reader *r, const struct rel_yaml *value,
		    void *target);
};

/* Most keys one mapping can have. */
#define REL_CONF_FIELDS_MAX 32

/* A list whose members become structs of `size` bytes. */
struct rel_conf_list {
	const char *what; /* "remotes" */
	size_t size;
	/* Put `node` into member `at` of `items`, which is zeroed; those
	 * before it are filled. */
	int (*read)(struct rel_conf_reader *r, const struct rel_yaml *node,
		    void *items, size_t at);
};

/* REL_EPARSE with a printf-style text, at `node`. */
int rel_conf_fail(struct rel_conf_reader *r, const struct rel_yaml *node,
		  const char *fmt, ...) REL_PRINTF(3, 4);
/* "<what> has no "<key>"; add it" */
int rel_conf_fail_missing(struct rel_conf_reader *r,
			  const struct rel_yaml *node, const char *what,
			  const char *key);
/* "unknown <what> "<text>"; did you mean …?" */
int rel_conf_fail_unknown(struct rel_conf_reader *r,
			  const struct rel_yaml *node, const char *what,
			  const char *const words[], size_t count);
/* "a second <what> named …"; the first one is on `line`. */
int rel_conf_fail_repeated(struct rel_conf_reader *r,
			   const struct rel_yaml *node, const char *what,
			   const char *name, uint32_t line);

/* Nothing, "~" or "null", without quotes. */
bool rel_conf_is_null(const struct rel_yaml *node);
/* "true" or "false", without quotes. */
bool rel_conf_is_boolean(const struct rel_yaml *node);
/* A character of a remote's or package's name: [A-Za-z0-9._+-] */
bool rel_conf_is_name_char(char c);

/*
 * Each is 0 when the node is of that form, else REL_EPARSE; `what` names the
 * value in the error.  A text is not empty and no boolean.
 */
int rel_conf_expect(struct rel_conf_reader *r, const struct rel_yaml *node,
		    enum rel_yaml_kind kind, const char *what);
int rel_conf_expect_text(struct rel_conf_reader *r, const struct rel_yaml *node,
			 const char *what);
int rel_conf_expect_name(struct rel_conf_reader *r, const struct rel_yaml *node,
			 const char *what);

/* One of `words`. */
int rel_conf_read_choice(struct rel_conf_reader *r,
			 const struct rel_yaml *value, const char *what,
			 const char *const words[], size_t count,
			 const char **out);
/* true or false. */
int rel_conf_read_boolean(struct rel_conf_reader *r,
			  const struct rel_yaml *value, const char *what,
			  bool *out);
/* What rel_conf_expect_text() and rel_conf_expect_name() are. */
typedef int rel_conf_expect_fn(struct rel_conf_reader *r,
			       const struct rel_yaml *node, const char *what);
/* A list of texts without repetition, each as `expect` takes it, or one text
 * alone. */
int rel_conf_read_texts(struct rel_conf_reader *r, const struct rel_yaml *value,
			const char *what, rel_conf_expect_fn *expect,
			const char *const **out, size_t *count);
/*
 * The members of a mapping, each by the field of its name.
 * what  says where: "key in a remote"
 */
int rel_conf_read_fields(struct rel_conf_reader *r,
			 const struct rel_yaml *mapping, const char *what,
			 const struct rel_conf_field *fields, size_t count,
			 void *target);
/* rel_conf_read_fields() of what must be a mapping; `name` names it. */
int rel_conf_read_mapping(struct rel_conf_reader *r,
			  const struct rel_yaml *value, const char *name,
			  const char *what, const struct rel_conf_field *fields,
			  size_t count, void *target);
/* The members of a list; *out lives in the arena. */
int rel_conf_read_list(struct rel_conf_reader *r, const struct rel_yaml *value,
		       const struct rel_conf_list *list, void **out,
		       size_t *count);

/* From the tree to struct rel_conf. */

/*
 * Fill the lists and sections of `conf` from the document `root` (may be
 * NULL: nothing is said); texts stay in conf->arena.
 * Errors  REL_EPARSE with line and column; REL_ENOMEM.
 */
REL_MUST_CHECK int rel_conf_fill(struct rel_conf *conf,
				 const struct rel_yaml *root,
				 struct rel_error *err);

/*
 * The keys at the top of relctl.yml, one file each: schema_<key>.c.  `target`
 * is the struct rel_conf to fill.  Errors as rel_conf_fill().
 */

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
