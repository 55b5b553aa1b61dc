/*
 * Options of the command line, from tables: the same tables make the usage
 * texts (usage.c) and the completions (completion.c).
 *
 *   --name  --name=VALUE  --name VALUE  -x  -xVALUE  -x VALUE  -xy  --
 *
 * Options and arguments may be mixed; "--" ends the options.  Where an option
 * that takes one value is there twice, the last one holds.
 */
#ifndef REL_CMD_OPTIONS_H
#define REL_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum rel_option_kind {
	REL_OPTION_FLAG, /* bool */
	REL_OPTION_TEXT, /* const char *, NULL when absent */
	REL_OPTION_LIST, /* struct rel_list, one value each time */
	/* struct rel_list; the arguments behind it that end in ".opam" belong
	 * to it too, so that a shell may expand *.opam */
	REL_OPTION_MANIFESTS,
};

/* What a shell may offer as a value. */
enum rel_option_values {
	REL_VALUES_NONE,
	REL_VALUES_FILES,
	REL_VALUES_DIRECTORIES,
};

struct rel_option {
	const char *name;
	char letter;	      /* 0 = none */
	uint8_t kind;	      /* enum rel_option_kind */
	uint8_t values;	      /* enum rel_option_values */
	size_t offset;	      /* of the value in the set's struct */
	const char *argument; /* "DIR"; NULL for flags */
	const char *help;     /* one or two lines, no period */
	/* the only values allowed, blank-separated; NULL = any */
	const char *choices;
};

/* The usual rows of a table over `struct of`. */
#define REL_FLAG(of, name, letter, member, help)                  \
	{                                                         \
		name, letter, REL_OPTION_FLAG, REL_VALUES_NONE,   \
		    offsetof(struct of, member), NULL, help, NULL \
	}
#define REL_TEXT(of, name, letter, member, argument, help)            \
	{                                                             \
		name, letter, REL_OPTION_TEXT, REL_VALUES_NONE,       \
		    offsetof(struct of, member), argument, help, NULL \
	}
#define REL_LIST(of, name, letter, member, argument, help)            \
	{                                                             \
		name, letter, REL_OPTION_LIST, REL_VALUES_NONE,       \
		    offsetof(struct of, member), argument, help, NULL \
	}

struct rel_list {
	const char **items; /* malloc'd; texts of argv */
	uint32_t count, cap;
};

/* A table, and the struct that its offsets are for. */
struct rel_option_set {
	const char *title; /* heading in the usage text */
	const struct rel_option *options;
	size_t n_options;
	void *values; /* may be NULL where only texts are made */
};

/*
 * Parse argv[from .. argc) and set the values of `sets`.
 * arguments     what is no option, appended in order
 * stop          at the first argument; *next is its index (or argc)
 * Errors        REL_EUSAGE: unknown option with the nearest name, value
 *               missing, empty, unexpected or not among the choices;
 * REL_ENOMEM. Owner         lists are freed by rel_options_free() and
 * rel_list_free()
 */
REL_MUST_CHECK int rel_options_parse(const struct rel_option_set *sets,
				     size_t n_sets, struct rel_list *arguments,
				     bool stop, int *next, int from, int argc,
				     char *const argv[], struct rel_error *err);

/* Free the lists that were set. */
void rel_options_free(const struct rel_option_set *sets, size_t n_sets);
void rel_list_free(struct rel_list *list);

#endif
