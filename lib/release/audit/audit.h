/*
 * Are the archives that a remote's manifests name still there, and still the
 * bytes that the checksums promise?
 */
#ifndef REL_RELEASE_AUDIT_H
#define REL_RELEASE_AUDIT_H

#include "release/audit/obtain.h"
#include "repo/stack.h"

enum rel_audit_state {
	REL_AUDIT_GOOD,
	REL_AUDIT_MOVED,       /* gone from its address, good in a mirror */
	REL_AUDIT_WRONG,       /* other bytes than promised */
	REL_AUDIT_GONE,	       /* no place has it */
	REL_AUDIT_FAILED,      /* network, server: could not be looked at */
	REL_AUDIT_NO_CHECKSUM, /* nothing to compare it with */
	REL_AUDIT_REPOSITORY,  /* a version-controlled source: not looked at */
	REL_AUDIT_UNREADABLE,  /* the manifest is not readable */
};
#define REL_AUDIT_STATES 8

/* "good", "moved", …: for people and for JSON. */
const char *rel_audit_state_name(enum rel_audit_state state);
/* Does it count as a finding? */
bool rel_audit_is_finding(enum rel_audit_state state);

struct rel_audit_item {
	const char *remote;
	const char *package; /* name.version */
	const char *path;    /* of the manifest */
	struct rel_archive_of archive;
	const char *src; /* of it, without credentials; "" = unreadable */
	enum rel_audit_state state;
	uint64_t size;	     /* 0 = not known */
	const char *address; /* it came from here; "" = nowhere */
	const char *text;    /* why it is not good; "" when it is */
};

/* Everything lives in the arena. */
struct rel_audit {
	struct rel_arena arena;
	struct rel_audit_item *items; /* by package; malloc'd */
	uint32_t n_items, cap;
	uint32_t counts[REL_AUDIT_STATES];
	uint64_t fetched; /* archives, each address and digest once */
	uint64_t bytes;	  /* of them */
};

void rel_audit_init(struct rel_audit *audit);
void rel_audit_free(struct rel_audit *audit);

/*
 * Add the archives of every manifest of `snapshot`, which was read from
 * `remote`.
 * Errors  those of rel_texts_open(); one unreadable manifest is an item
 */
REL_MUST_CHECK int rel_audit_add(struct rel_audit *audit,
				 const struct rel_remote *remote,
				 const struct rel_snapshot *snapshot,
				 const struct rel_remote_options *options,
				 struct rel_error *err);

/*
 * Fetch them all, `jobs` at a time, and fill in states and counts.  What
 * several packages share is fetched once.
 * Errors  REL_ECANCELLED, REL_ENOMEM; a failure to fetch is a state
 */
REL_MUST_CHECK int rel_audit_run(struct rel_audit *audit, unsigned jobs,
				 const struct rel_obtain_options *options,
				 struct rel_error *err);

#endif
