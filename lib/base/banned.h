/*
 * Functions nobody here may call: unbounded, locale-bound, or not reentrant.
 * Included by every source file through the compiler's -include.
 */
#ifndef REL_BASE_BANNED_H
#define REL_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison sprintf vsprintf strcpy strcat strncpy strncat strtok
#pragma GCC poison atoi atol atof gets gmtime localtime asctime
#pragma GCC poison system popen tmpnam mktemp

/* Not poisoned, because libgit2's headers have a member of that name. */
char *ctime(const time_t *) __attribute__((deprecated("use strftime")));

#endif
