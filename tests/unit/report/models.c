#include "models.h"

#define LIST(array) (array), sizeof(array) / sizeof((array)[0])

static const struct rel_report_value debian[] = {
    {"os", "linux"},
    {"os-distribution", "debian"},
    {"arch", "x86_64"},
};

static const struct rel_report_environment environments[] = {
    {"debian-12", "env", LIST(debian)},
    {"alpine-3", "env", NULL, 0},
};

/* overlay */

static const struct rel_report_layer stack[] = {
    {"mirage-dev", "development",
     "git+https://git.example.org/mirage/mirage-dev.git",
     "1f302af0c1d21f302af0c1d21f302af0c1d2aaaa", 37, NULL},
    {"default", "upstream", "https://opam.example.org",
     "9e8d7c6b5a499e8d7c6b5a499e8d7c6b5a49bbbb", 18793, NULL},
};

static const struct rel_fact_text git_facts[] = {
    {"irmin-git.1.0.0", "depends", "git >= 2.0.0",
     "needs git >= 2.0.0, newest is 1.11.2", "mirage-dev",
     "packages/irmin-git/irmin-git.1.0.0/opam", 31, 3},
};

static const struct rel_fact_text unix_facts[] = {
    {"irmin-unix.1.0.2", "depends", "irmin-git = 1.0.0",
     "needs irmin-git = 1.0.0", "default",
     "packages/irmin-unix/irmin-unix.1.0.2/opam", 29, 3},
    {"irmin-git.1.0.0", "depends", "git >= 2.0.0",
     "needs git >= 2.0.0, newest is 1.11.2", "mirage-dev",
     "packages/irmin-git/irmin-git.1.0.0/opam", 31, 3},
};

static const struct rel_fact_text clash_facts[] = {
    {"both.1", "depends", "left", "needs left", "mirage-dev",
     "packages/both/both.1/opam", 7, 3},
    {"both.1", "depends", "right", "needs right", "mirage-dev",
     "packages/both/both.1/opam", 8, 3},
    {"left.1", "conflicts", "right", "is in conflict with right", "default",
     "packages/left/left.1/opam", 12, 13},
};

static const struct rel_fact_text unreadable_facts[] = {
    {"odd.1", "", "", "expected a value, found \"]\"", "default",
     "packages/odd/odd.1/opam", 3, 7},
};

static const struct rel_fact_text missing_facts[] = {
    {"gone-user.1", "depends", "gone", "needs gone, which no remote has",
     "default", "packages/gone-user/gone-user.1/opam", 5, 3},
};

static const struct rel_report_root overlay_roots[] = {
    {1, "irmin-git.1.0.0", "constraint", "needs git >= 2.0.0, newest is 1.11.2",
     15, LIST(git_facts)},
    {2, "both.1", "conflict", "left and right exclude each other", 1,
     LIST(clash_facts)},
    {3, "gone", "missing", "no remote has it", 1, LIST(missing_facts)},
};

#define UNIX(version)                                                        \
	{                                                                    \
		"irmin-unix." version, "default", 0, "broken", "constraint", \
		    "overlay", NULL, 1,                                      \
		    "packages/irmin-unix/irmin-unix." version "/opam",       \
		    unix_facts, 2                                            \
	}

static const struct rel_report_verdict overlay_verdicts[] = {
    {"irmin-git.1.0.0", "mirage-dev", 0, "broken", "constraint", "overlay",
     NULL, 1, "packages/irmin-git/irmin-git.1.0.0/opam", LIST(git_facts)},
    UNIX("1.0.2"),
    UNIX("1.0.3"),
    UNIX("1.0.4"),
    UNIX("1.0.5"),
    UNIX("1.0.6"),
    UNIX("1.0.7"),
    UNIX("1.0.8"),
    UNIX("1.0.9"),
    UNIX("1.0.10"),
    UNIX("1.0.11"),
    UNIX("1.0.12"),
    UNIX("1.0.13"),
    UNIX("1.0.14"),
    UNIX("1.0.15"),
    {"both.1", "mirage-dev", 0, "broken", "conflict", "overlay", NULL, 2,
     "packages/both/both.1/opam", LIST(clash_facts)},
    {"gone-user.1", "default", 0, "broken", "missing", "alone", NULL, 3,
     "packages/gone-user/gone-user.1/opam", LIST(missing_facts)},
    {"odd.1", "default", 0, "unreadable", NULL, NULL, NULL, REL_REPORT_NONE,
     "packages/odd/odd.1/opam", LIST(unreadable_facts)},
    {"mended.1", "default", 0, "installable", NULL, NULL, "fixed",
     REL_REPORT_NONE, "packages/mended/mended.1/opam", NULL, 0},
    {"mended.2", "default", 0, "installable", NULL, NULL, "fixed",
     REL_REPORT_NONE, "packages/mended/mended.2/opam", NULL, 0},
};

static const char *const cycle_path[] = {"a.1", "b.2"};
static const char *const cycle_members[] = {"a.1", "b.2", "c.10", "c.9"};

static const struct rel_report_cycle cycles[] = {
    {0, LIST(cycle_path), LIST(cycle_members)},
};

static const struct rel_report_notice notices[] = {
    {"default", "shadowed", "packages/left/left.1/opam",
     "mirage-dev has left.1 too"},
    {"mirage-dev", "nested", "packages/x/y/x.1/opam",
     "a manifest deeper than usual"},
    {"default", "shadowed", "packages/right/right.1/opam",
     "mirage-dev has right.1 too"},
};

const struct rel_report model_overlay = {
    .command = "list-broken",
    .layers = stack,
    .n_layers = 2,
    .environments = environments,
    .n_environments = 1,
    .counts = {.checked = 18805,
	       .installable = 18494,
	       .broken = 17,
	       .unavailable = 293,
	       .unreadable = 1,
	       .roots = 3,
	       .fixed = 2},
    .roots = overlay_roots,
    .n_roots = 3,
    .verdicts = overlay_verdicts,
    .n_verdicts = sizeof(overlay_verdicts) / sizeof(overlay_verdicts[0]),
    .cycles = cycles,
    .n_cycles = 1,
    .notices = notices,
    .n_notices = 3,
    .overlay = true,
    .seconds = 1.25,
};

/* since */

static const struct rel_report_layer since_stack[] = {
    {"mirage-dev", "development",
     "git+https://git.example.org/mirage/mirage-dev.git",
     "1f302af0c1d21f302af0c1d21f302af0c1d2aaaa", 37,
     "00112233445500112233445500112233445500aa"},
    {"default", "upstream", "https://opam.example.org", "\"etag-7\"", 18793,
     NULL},
};

static const struct rel_report_root since_roots[] = {
    {1, "gone", "missing", "no remote has it", 3, LIST(missing_facts)},
    {2, "irmin-git.1.0.0", "constraint", "needs git >= 2.0.0, newest is 1.11.2",
     2, LIST(git_facts)},
};

static const struct rel_fact_text depends_os[] = {
    {"bsd-only.1", "available", "os = \"freebsd\"",
     "is available where os = \"freebsd\"", "mirage-dev",
     "packages/bsd-only/bsd-only.1/opam", 4, 1},
};

static const struct rel_report_verdict since_verdicts[] = {
    {"gone-user.1", "default", 0, "broken", "missing", "alone", "still", 1,
     "packages/gone-user/gone-user.1/opam", LIST(missing_facts)},
    {"gone-user.1", "default", 1, "broken", "missing", "alone", "still", 1,
     "packages/gone-user/gone-user.1/opam", LIST(missing_facts)},
    {"gone-user.2", "default", 0, "broken", "missing", "overlay", "new", 1,
     "packages/gone-user/gone-user.2/opam", NULL, 0},
    {"irmin-git.1.0.0", "mirage-dev", 0, "broken", "constraint", "overlay",
     "new", 2, "packages/irmin-git/irmin-git.1.0.0/opam", LIST(git_facts)},
    {"irmin-git.1.0.0", "mirage-dev", 1, "broken", "constraint", "overlay",
     "new", 2, "packages/irmin-git/irmin-git.1.0.0/opam", LIST(git_facts)},
    {"odd.1", "default", 0, "unreadable", NULL, NULL, "still", REL_REPORT_NONE,
     "packages/odd/odd.1/opam", LIST(unreadable_facts)},
    {"bsd-only.1", "mirage-dev", 1, "unavailable", NULL, NULL, "new",
     REL_REPORT_NONE, "packages/bsd-only/bsd-only.1/opam", LIST(depends_os)},
    {"mended.1", "mirage-dev", 0, "installable", NULL, NULL, "fixed",
     REL_REPORT_NONE, "packages/mended/mended.1/opam", NULL, 0},
    {"mended.1", "mirage-dev", 1, "installable", NULL, NULL, "fixed",
     REL_REPORT_NONE, "packages/mended/mended.1/opam", NULL, 0},
};

const struct rel_report model_since = {
    .command = "list-broken",
    .layers = since_stack,
    .n_layers = 2,
    .environments = environments,
    .n_environments = 2,
    .counts = {.checked = 18830,
	       .installable = 18824,
	       .broken = 5,
	       .unavailable = 1,
	       .unreadable = 1,
	       .roots = 2,
	       .fixed = 2,
	       .newly_broken = 3},
    .roots = since_roots,
    .n_roots = 2,
    .verdicts = since_verdicts,
    .n_verdicts = sizeof(since_verdicts) / sizeof(since_verdicts[0]),
    .cycles = cycles,
    .n_cycles = 1,
    .since = true,
    .overlay = true,
    .seconds = 0.5,
};

/* hostile */

#define CSI "\x1b[2J\x1b]0;title\x07"
#define C1         \
	"\xc2\x9b" \
	"31m"
#define BIDI           \
	"\xe2\x80\xae" \
	"txt.exe"
#define COMMAND	 "\n::error file=x::owned\r\n"
#define INVALID	 "\xff\xc0\xaf"
#define MARKUP	 "]]></failure><script a=\"b\" c='d'>&amp;"
#define QUOTES	 "\",\n\\\"; } -> \"x\\"
#define PERCENTS "%s%n 100%25"

static const struct rel_report_layer hostile_stack[] = {
    {"dev" CSI, "development", "file:///" BIDI, "rev" COMMAND, 1, NULL},
};

static const struct rel_report_value hostile_values[] = {
    {"os" QUOTES, C1 MARKUP},
};

static const struct rel_report_environment hostile_environments[] = {
    {"env" MARKUP, "env" CSI, LIST(hostile_values)},
};

static const struct rel_fact_text hostile_facts[] = {
    {"p.1" CSI, "depends" C1, "= 1" COMMAND, "needs " COMMAND QUOTES MARKUP,
     "dev" CSI, "packages/p,q/p.1:2%/opam" COMMAND, 5, 6},
    {"", "", "=HYPERLINK(1)" INVALID, "", "", "", 0, 0},
};

static const struct rel_report_root hostile_roots[] = {
    {1, "root" BIDI QUOTES, "conflict" MARKUP, "text" INVALID PERCENTS, 1,
     LIST(hostile_facts)},
};

static const struct rel_report_verdict hostile_verdicts[] = {
    {"=p.1" CSI, "dev" CSI, 0, "broken", "conflict" MARKUP, "alone", NULL, 1,
     "packages/p,q/p.1:2%/opam" COMMAND, LIST(hostile_facts)},
    {"+q.1" INVALID, "dev" CSI, 0, "unreadable", NULL, NULL, NULL,
     REL_REPORT_NONE, "packages/" QUOTES, LIST(hostile_facts)},
    {"::fixed", "dev" CSI, 0, "installable", NULL, NULL, "fixed",
     REL_REPORT_NONE, "", NULL, 0},
};

static const char *const hostile_path[] = {"a" QUOTES,
					   "b" COMMAND "\xef\xbf\xbe"};

static const struct rel_report_cycle hostile_cycles[] = {
    {0, LIST(hostile_path), LIST(hostile_path)},
};

static const struct rel_report_notice hostile_notices[] = {
    {"dev" CSI, "kind" COMMAND, "path" C1, "text" MARKUP},
};

const struct rel_report model_hostile = {
    .command = "list-broken",
    .layers = hostile_stack,
    .n_layers = 1,
    .environments = hostile_environments,
    .n_environments = 1,
    .counts = {.checked = 3,
	       .installable = 1,
	       .broken = 1,
	       .unreadable = 1,
	       .roots = 1,
	       .fixed = 1},
    .roots = hostile_roots,
    .n_roots = 1,
    .verdicts = hostile_verdicts,
    .n_verdicts = 3,
    .cycles = hostile_cycles,
    .n_cycles = 1,
    .notices = hostile_notices,
    .n_notices = 1,
    .seconds = 0.0625,
};

/* clean */

static const struct rel_report_layer clean_stack[] = {
    {"here", "development", "/srv/remote", "", 3, NULL},
};

static const struct rel_report_environment clean_environments[] = {
    {"host", "opam-2.1", NULL, 0},
};

const struct rel_report model_clean = {
    .command = "list-broken",
    .layers = clean_stack,
    .n_layers = 1,
    .environments = clean_environments,
    .n_environments = 1,
    .counts = {.checked = 3, .installable = 3},
    .seconds = 0.03125,
};
