/*
 * Finding out what machine this is, as opam does.
 * Source  opam src/state/opamSysPoll.ml, opamStateConfig.ml (make);
 *         src/client/opamInitDefaults.ml, eval_variables (sys-ocaml-*).
 */
#ifndef REL_SOLVE_HOST_H
#define REL_SOLVE_HOST_H

#include "base/arena.h"
#include "base/error.h"

/* Where the answers come from; tests give their own. */
struct rel_host_source {
	const char *root;    /* before /etc/os-release …; "" = the real one */
	const char *path;    /* as $PATH: where lsb_release, … are */
	const char *prefix;  /* of an opam switch, whose bin/ in `path` does not
				count for ocamlc; NULL = none */
	const char *sysname; /* uname -s */
	const char *release; /* uname -r */
	const char *machine; /* uname -m */
	unsigned long_bits;  /* getconf LONG_BIT */
};

/* NULL = could not be found out.  In the arena. */
struct rel_host {
	const char *os, *arch, *os_distribution, *os_family, *os_version;
	const char *make;
	/* of the ocamlc in `path`; all but the version "" without one */
	const char *sys_ocaml_version, *sys_ocaml_system, *sys_ocaml_arch,
	    *sys_ocaml_cc, *sys_ocaml_libc;
};

/* Errors  REL_ENOMEM.  Unreadable files and failing commands are none. */
REL_MUST_CHECK int rel_host_poll(struct rel_host *out,
				 const struct rel_host_source *source,
				 struct rel_arena *arena,
				 struct rel_error *err);

#endif
