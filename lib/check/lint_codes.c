#include "check/lint_codes.h"

#include "base/nearest.h"

/* opam's codes are 1 to 74, with some left out. */
#define CODE_LAST 74

static const char *const rules[] = {
    /* submission.h */
    "UnnecessaryField", "UnmatchedName", "UnmatchedVersion", "DubiousDuneSubst",
    "DuneIsBuild", "NoPackageSources", "WeakChecksum", "PinDepends",
    "ExtraFiles", "UnexpectedFile", "ForbiddenPerm", "MaintainerWithoutContact",
    "DefaultTagsPresent", "DosLineEndings", "MaintenanceIntent",
    "InvalidReasonForArchiving", "InvalidOpamRepositoryCommitHash",
    "InvalidConfPackage", "PrefixConflictClassMismatch", "RestrictedPrefix",
    "NameCollision",
    /* advice.h */
    "ContradictoryBounds", "PackageTwice", "UndefinedVariable"};

#define N_RULES (sizeof(rules) / sizeof(rules[0]))

static bool is_rule(struct rel_str name)
{
	for (size_t i = 0; i < N_RULES; i++) {
		if (rel_str_is(name, rules[i]))
			return true;
	}
	return false;
}

int rel_lint_codes_check(const char *option, const char *list,
			 struct rel_error *err)
{
	struct rel_str rest = rel_str_of(list);

	while (rest.ptr) {
		struct rel_str name = rel_str_trim(rel_str_cut(&rest, ','));
		const char *near;
		unsigned long n = 0;

		if ((rel_str_to_uint(name, CODE_LAST, &n) && n > 0) ||
		    is_rule(name))
			continue;
		near = rel_nearest(name, rules, N_RULES);
		return rel_fail(
		    err, REL_EUSAGE,
		    "%s: \"%.*s\" is neither a code of opam lint, 1 "
		    "to %d, nor the name of a rule%s%s%s",
		    option, REL_STR_ARG(rel_str_sub(name, 0, 60)), CODE_LAST,
		    near ? "; did you mean " : "", near ? near : "",
		    near ? "?" : "");
	}
	return 0;
}

bool rel_lint_codes_have_number(const char *list, uint16_t code)
{
	struct rel_str rest = rel_str_of(list);

	while (rest.ptr) {
		unsigned long n = 0;

		if (rel_str_to_uint(rel_str_trim(rel_str_cut(&rest, ',')),
				    CODE_LAST, &n) &&
		    n == code)
			return true;
	}
	return false;
}

bool rel_lint_codes_have_rule(const char *list, const char *rule)
{
	struct rel_str rest = rel_str_of(list);

	while (rest.ptr) {
		if (rel_str_is(rel_str_trim(rel_str_cut(&rest, ',')), rule))
			return true;
	}
	return false;
}
