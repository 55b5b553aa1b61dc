/*
 * Exit statuses: what scripts may rely on.  Never a count.
 * Source  DESIGN, "The command line"; EXIT STATUS in relctl(1).
 */
#ifndef REL_CMD_EXIT_H
#define REL_CMD_EXIT_H

enum rel_exit {
	REL_EXIT_OK = 0,       /* nothing found, or done */
	REL_EXIT_FINDINGS = 1, /* something is broken */
	REL_EXIT_USAGE = 2,    /* the command line makes no sense */
	REL_EXIT_WORLD = 3,    /* network, disk, git, permission, bad file */
	REL_EXIT_BUG = 4,      /* relctl itself */
	REL_EXIT_INTERRUPTED = 130, /* SIGINT, SIGTERM or SIGHUP */
};

#endif
