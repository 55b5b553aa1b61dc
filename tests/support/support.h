/*
 * What tests of all kinds share: temporary directories, files, and where the
 * data is.  Knows nothing of cmocka.  Trouble in here is trouble with the
 * machine, not with what is tested: it is said on stderr and ends the test
 * program with status 99.
 */
#ifndef REL_TESTS_SUPPORT_H
#define REL_TESTS_SUPPORT_H

#include <stddef.h>

/* Status by which a test program tells ctest that it was skipped. */
#define REL_TEST_SKIPPED 77

/*
 * Create an empty directory below $TMPDIR (else /tmp).  Returns its absolute
 * path; end it with rel_test_dir_free().
 */
char *rel_test_dir_new(void);
/* Remove `dir` with all it holds and free the text.  NULL is fine. */
void rel_test_dir_free(char *dir);

/* printf into a new string; the caller frees it.  For paths, mostly. */
char *rel_test_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Write (replace) the file `dir`/`name` and create its missing parents. */
void rel_test_write(const char *dir, const char *name, const void *ptr,
		    size_t len);
/* The same from a NUL-terminated text. */
void rel_test_write_text(const char *dir, const char *name, const char *text);

/* The NUL-terminated content of `path`, or NULL when it cannot be opened; the
 * caller frees it.  `len` (bytes, may be NULL) does not count the NUL. */
char *rel_test_read(const char *path, size_t *len);

/* The number of entries in `dir`, without "." and "..". */
size_t rel_test_dir_count(const char *dir);

/* $RELCTL_SOURCE_DIR, the top of the source tree. */
const char *rel_test_source_dir(void);
/* The absolute path of `name` in the source tree's tests/; caller frees. */
char *rel_test_fixture(const char *name);
/*
 * Where the bundles and recorded results are: $RELCTL_TEST_DATA, else
 * shared/data beside the source tree.  NULL when there is neither, after
 * saying so; the test program then returns REL_TEST_SKIPPED.  The text stays
 * valid to the end.
 */
const char *rel_test_data_dir(void);

#endif
