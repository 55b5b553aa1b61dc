/*
 * Other programs as judges: short shell scripts in a clean environment.
 */
#ifndef REL_TESTS_SHELL_H
#define REL_TESTS_SHELL_H

/*
 * The environment in which tests may run git and the like, in this process
 * and its children: no $HOME, no configuration of the user or the host, the C
 * locale, a fixed author ("Tester <tester@example.org>") and fixed dates, and
 * no terminal to ask on.  Call it first in main().
 */
void rel_test_clean_environment(void);

/*
 * Run the script under `sh -e` and return what it printed, without the last
 * newline; the caller frees it.  A script that fails ends the test program
 * with status 99.
 */
char *rel_test_sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same for its exit status alone; output goes to stderr. */
int rel_test_sh_status(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

#endif
