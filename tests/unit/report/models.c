#include "models.h"

#define LIST(array) (array), sizeof(array) / sizeof((array)[0])

static const struct rel_report_value debian[] = {
    {"os", "linux"},
    {"os-distribution", "debian"},
    {"arch", "x86_64"},
};

static const struct rel_report_environment environments[] = {
    {"debian-12",
     "env",
     LIST(debian),
     {.checked = 9415,
      .broken = 3,
      .own = 1,
      .overlay = 1,
      .alone = 1,
      .fixed = 1,
      .newly_broken = 2,
      .added = 1,
      .unreadable = 1}},
    {"alpine-3",
     "env",
     NULL,
     0,
     {.checked = 9415,
      .broken = 2,
      .own = 1,
      .alone = 1,
      .fixed = 1,
      .newly_broken = 1,
      .added = 1,
      .gone = 1,
      .unavailable = 1}},
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
     "packages/irmin-git/irmin-git.1.0.0/opam", 31, 3, 0, true},
};

static const struct rel_fact_text unix_facts[] = {
    {"irmin-unix.1.0.2", "depends", "irmin-git = 1.0.0",
     "needs irmin-git = 1.0.0", "default",
     "packages/irmin-unix/irmin-unix.1.0.2/opam", 29, 3, 0, true},
    {"irmin-git.1.0.0", "depends", "git >= 2.0.0",
     "needs git >= 2.0.0, newest is 1.11.2", "mirage-dev",
     "packages/irmin-git/irmin-git.1.0.0/opam", 31, 3, 0, true},
};

static const struct rel_fact_text clash_facts[] = {
    {"both.1", "depends", "left", "needs left", "mirage-dev",
     "packages/both/both.1/opam", 7, 3, 0, true},
    {"both.1", "depends", "right", "needs right", "mirage-dev",
     "packages/both/both.1/opam", 8, 3, 0, true},
    {"left.1", "conflicts", "right", "is in conflict with right", "default",
     "packages/left/left.1/opam", 12, 13, 0, true},
};

static const struct rel_fact_text unreadable_facts[] = {
    {"odd.1", "", "", "expected a value, found \"]\"", "default",
     "packages/odd/odd.1/opam", 3, 7, 0, true},
};

static const struct rel_fact_text missing_facts[] = {
    {"gone-user.1", "depends", "gone", "needs gone, which no remote has",
     "default", "packages/gone-user/gone-user.1/opam", 5, 3, 0, true},
};

static const uint32_t first[] = {0}, both[] = {0, 1};

static const struct rel_report_root overlay_roots[] = {
    {1, "no git >= 2.0.0 (newest 1.11.2)", "irmin-git.1.0.0",
     REL_BROKEN_CONSTRAINT, "needs git >= 2.0.0, newest is 1.11.2", 15, 15,
     LIST(git_facts), 1, LIST(first), "Ann Example <ann@example.org>\nBob"},
    {2, "right: both wants any, left none", "both.1", REL_BROKEN_CONFLICT,
     "needs left, needs right", 1, 1, LIST(clash_facts), 1, LIST(first), ""},
    {3, "no gone (no remote has it)", "gone-user.1", REL_BROKEN_MISSING,
     "needs gone, which no remote has", 1, 1, LIST(missing_facts), 1,
     LIST(first), ""},
};

#define UNIX(version)                                                          \
	{                                                                      \
		"irmin-unix." version, "default", 0, REL_BROKEN,               \
		    REL_BROKEN_CONSTRAINT, REL_ORIGIN_OVERLAY, REL_DELTA_NONE, \
		    REL_SECTION_OVERLAY, false, 1,                             \
		    "packages/irmin-unix/irmin-unix." version "/opam",         \
		    unix_facts, 2, "Bob"                                       \
	}

static const struct rel_report_verdict overlay_verdicts[] = {
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
    {"irmin-git.1.0.0", "mirage-dev", 0, REL_BROKEN, REL_BROKEN_CONSTRAINT,
     REL_ORIGIN_OWN, REL_DELTA_NONE, REL_SECTION_OWN, true, 1,
     "packages/irmin-git/irmin-git.1.0.0/opam", LIST(git_facts), ""},
    {"both.1", "mirage-dev", 0, REL_BROKEN, REL_BROKEN_CONFLICT, REL_ORIGIN_OWN,
     REL_DELTA_NONE, REL_SECTION_OWN, true, 2, "packages/both/both.1/opam",
     LIST(clash_facts), ""},
    {"gone-user.1", "default", 0, REL_BROKEN, REL_BROKEN_MISSING,
     REL_ORIGIN_ALONE, REL_DELTA_NONE, REL_SECTION_ALONE, false, 3,
     "packages/gone-user/gone-user.1/opam", LIST(missing_facts), ""},
    {"odd.1", "default", 0, REL_UNREADABLE, REL_BROKEN_NOT, REL_ORIGIN_NONE,
     REL_DELTA_NONE, REL_SECTION_UNREADABLE, false, REL_REPORT_NONE,
     "packages/odd/odd.1/opam", LIST(unreadable_facts), ""},
    {"mended.1", "default", 0, REL_INSTALLABLE, REL_BROKEN_NOT, REL_ORIGIN_NONE,
     REL_DELTA_FIXED, REL_SECTION_FIXED, false, REL_REPORT_NONE,
     "packages/mended/mended.1/opam", NULL, 0, ""},
    {"mended.2", "default", 0, REL_INSTALLABLE, REL_BROKEN_NOT, REL_ORIGIN_NONE,
     REL_DELTA_FIXED, REL_SECTION_FIXED, false, REL_REPORT_NONE,
     "packages/mended/mended.2/opam", NULL, 0, ""},
};

static const char *const cycle_path[] = {"a.1", "b.2"};
static const char *const cycle_members[] = {"a.1", "b.2", "c.10", "c.9"};

static const struct rel_report_cycle cycles[] = {
    {0, LIST(cycle_path), LIST(cycle_members), true, 0},
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
    .tally = {.checked = 18805,
	      .broken = 17,
	      .own = 2,
	      .overlay = 14,
	      .alone = 1,
	      .unavailable = 293,
	      .unreadable = 1,
	      .fixed = 2},
    .sections = {[REL_SECTION_OVERLAY] = {0, 14, 14},
		 [REL_SECTION_OWN] = {14, 2, 2},
		 [REL_SECTION_ALONE] = {16, 1, 1},
		 [REL_SECTION_UNREADABLE] = {17, 1, 1},
		 [REL_SECTION_FIXED] = {18, 2, 2}},
    .roots = overlay_roots,
    .n_roots = 3,
    .verdicts = overlay_verdicts,
    .n_verdicts = sizeof(overlay_verdicts) / sizeof(overlay_verdicts[0]),
    .cycles = cycles,
    .n_cycles = 1,
    .distinct_cycles = 1,
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
    {1, "no gone (no remote has it)", "gone-user.1", REL_BROKEN_MISSING,
     "needs gone, which no remote has", 3, 2, LIST(missing_facts), 1,
     LIST(both), ""},
    {2, "no git >= 2.0.0 (newest 1.11.2)", "irmin-git.1.0.0",
     REL_BROKEN_CONSTRAINT, "needs git >= 2.0.0, newest is 1.11.2", 2, 1,
     LIST(git_facts), 1, LIST(both), ""},
};

static const struct rel_fact_text depends_os[] = {
    {"bsd-only.1", "available", "os = \"freebsd\"",
     "is available where os = \"freebsd\"", "mirage-dev",
     "packages/bsd-only/bsd-only.1/opam", 4, 1, 0, true},
};

static const struct rel_report_verdict since_verdicts[] = {
    {"gone-user.2", "default", 0, REL_BROKEN, REL_BROKEN_MISSING,
     REL_ORIGIN_OVERLAY, REL_DELTA_NEW, REL_SECTION_BROKEN, false, 1,
     "packages/gone-user/gone-user.2/opam", NULL, 0, ""},
    {"irmin-git.1.0.0", "mirage-dev", 0, REL_BROKEN, REL_BROKEN_CONSTRAINT,
     REL_ORIGIN_OWN, REL_DELTA_ADDED, REL_SECTION_ADDED, true, 2,
     "packages/irmin-git/irmin-git.1.0.0/opam", LIST(git_facts), ""},
    {"irmin-git.1.0.0", "mirage-dev", 1, REL_BROKEN, REL_BROKEN_CONSTRAINT,
     REL_ORIGIN_OWN, REL_DELTA_ADDED, REL_SECTION_ADDED, true, 2,
     "packages/irmin-git/irmin-git.1.0.0/opam", LIST(git_facts), ""},
    {"mended.1", "mirage-dev", 0, REL_INSTALLABLE, REL_BROKEN_NOT,
     REL_ORIGIN_NONE, REL_DELTA_FIXED, REL_SECTION_FIXED, true, REL_REPORT_NONE,
     "packages/mended/mended.1/opam", NULL, 0, ""},
    {"mended.1", "mirage-dev", 1, REL_INSTALLABLE, REL_BROKEN_NOT,
     REL_ORIGIN_NONE, REL_DELTA_FIXED, REL_SECTION_FIXED, true, REL_REPORT_NONE,
     "packages/mended/mended.1/opam", NULL, 0, ""},
    {"bsd-only.1", "mirage-dev", 1, REL_UNAVAILABLE, REL_BROKEN_NOT,
     REL_ORIGIN_NONE, REL_DELTA_NEW, REL_SECTION_UNAVAILABLE, true,
     REL_REPORT_NONE, "packages/bsd-only/bsd-only.1/opam", LIST(depends_os),
     ""},
    {"gone-user.1", "default", 0, REL_BROKEN, REL_BROKEN_MISSING,
     REL_ORIGIN_ALONE, REL_DELTA_STILL, REL_SECTION_STILL, false, 1,
     "packages/gone-user/gone-user.1/opam", LIST(missing_facts), ""},
    {"gone-user.1", "default", 1, REL_BROKEN, REL_BROKEN_MISSING,
     REL_ORIGIN_ALONE, REL_DELTA_STILL, REL_SECTION_STILL, false, 1,
     "packages/gone-user/gone-user.1/opam", LIST(missing_facts), ""},
    {"odd.1", "default", 0, REL_UNREADABLE, REL_BROKEN_NOT, REL_ORIGIN_NONE,
     REL_DELTA_STILL, REL_SECTION_STILL_OTHER, false, REL_REPORT_NONE,
     "packages/odd/odd.1/opam", LIST(unreadable_facts), ""},
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
    .tally = {.checked = 9415,
	      .broken = 3,
	      .own = 1,
	      .overlay = 1,
	      .alone = 1,
	      .unavailable = 1,
	      .unreadable = 1,
	      .fixed = 1,
	      .newly_broken = 2,
	      .added = 1,
	      .gone = 1},
    .sections = {[REL_SECTION_BROKEN] = {0, 1, 1},
		 [REL_SECTION_ADDED] = {1, 2, 1},
		 [REL_SECTION_FIXED] = {3, 2, 1},
		 [REL_SECTION_UNAVAILABLE] = {5, 1, 1},
		 [REL_SECTION_STILL] = {6, 2, 1},
		 [REL_SECTION_STILL_OTHER] = {8, 1, 1}},
    .roots = since_roots,
    .n_roots = 2,
    .verdicts = since_verdicts,
    .n_verdicts = sizeof(since_verdicts) / sizeof(since_verdicts[0]),
    .cycles = cycles,
    .n_cycles = 1,
    .distinct_cycles = 1,
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
    {"env" MARKUP, "env" CSI, LIST(hostile_values), {.checked = 3}},
};

static const struct rel_fact_text hostile_facts[] = {
    {"p.1" CSI, "depends" C1, "= 1" COMMAND, "needs " COMMAND QUOTES MARKUP,
     "dev" CSI, "packages/p,q/p.1:2%/opam" COMMAND, 5, 6, 0, true},
    {"", "", "=HYPERLINK(1)" INVALID, "", "", "", 0, 0, 0, true},
};

static const struct rel_report_root hostile_roots[] = {
    {1, "title" BIDI QUOTES, "root" BIDI QUOTES, REL_BROKEN_CONFLICT,
     "text" INVALID PERCENTS, 1, 1, LIST(hostile_facts), 1, LIST(first),
     "me <a@b>" CSI MARKUP "\n=1" QUOTES},
};

static const struct rel_report_verdict hostile_verdicts[] = {
    {"=p.1" CSI, "dev" CSI, 0, REL_BROKEN, REL_BROKEN_CONFLICT, REL_ORIGIN_NONE,
     REL_DELTA_NONE, REL_SECTION_BROKEN, false, 1,
     "packages/p,q/p.1:2%/opam" COMMAND, LIST(hostile_facts),
     "me <a@b>" CSI MARKUP "\n=1" QUOTES},
    {"+q.1" INVALID, "dev" CSI, 0, REL_UNREADABLE, REL_BROKEN_NOT,
     REL_ORIGIN_NONE, REL_DELTA_NONE, REL_SECTION_UNREADABLE, false,
     REL_REPORT_NONE, "packages/" QUOTES, LIST(hostile_facts),
     "me <a@b>" CSI MARKUP "\n=1" QUOTES},
    {"::fixed", "dev" CSI, 0, REL_INSTALLABLE, REL_BROKEN_NOT, REL_ORIGIN_NONE,
     REL_DELTA_FIXED, REL_SECTION_FIXED, false, REL_REPORT_NONE, "", NULL, 0,
     "me <a@b>" CSI MARKUP "\n=1" QUOTES},
};

static const char *const hostile_path[] = {"a" QUOTES,
					   "b" COMMAND "\xef\xbf\xbe"};

static const struct rel_report_cycle hostile_cycles[] = {
    {0, LIST(hostile_path), LIST(hostile_path), true, 0},
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
    .tally = {.checked = 3, .broken = 1, .unreadable = 1, .fixed = 1},
    .sections = {[REL_SECTION_BROKEN] = {0, 1, 1},
		 [REL_SECTION_UNREADABLE] = {1, 1, 1},
		 [REL_SECTION_FIXED] = {2, 1, 1}},
    .roots = hostile_roots,
    .n_roots = 1,
    .verdicts = hostile_verdicts,
    .n_verdicts = 3,
    .cycles = hostile_cycles,
    .n_cycles = 1,
    .distinct_cycles = 1,
    .notices = hostile_notices,
    .n_notices = 1,
    .seconds = 0.0625,
};

/* clean */

static const struct rel_report_layer clean_stack[] = {
    {"here", "development", "/srv/remote", "", 3, NULL},
};

static const struct rel_report_environment clean_environments[] = {
    {"host", "opam-2.1", NULL, 0, {.checked = 3}},
};

const struct rel_report model_clean = {
    .command = "list-broken",
    .layers = clean_stack,
    .n_layers = 1,
    .environments = clean_environments,
    .n_environments = 1,
    .counts = {.checked = 3, .installable = 3},
    .tally = {.checked = 3},
    .seconds = 0.03125,
};
