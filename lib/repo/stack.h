/*
 * Stack: snapshots in order; for each name.version the first that has it
 * wins.  Higher versions of a lower remote stay visible.
 */
#ifndef REL_REPO_STACK_H
#define REL_REPO_STACK_H

#include "repo/remote.h"
#include "repo/snapshot.h"

struct rel_stack_layer {
	const struct rel_remote *remote;     /* borrowed */
	const struct rel_snapshot *snapshot; /* borrowed */
};

/* One visible package version. */
struct rel_stack_entry {
	uint32_t layer;	  /* index into layers */
	uint32_t package; /* index into that snapshot's packages */
};

struct rel_stack_name {
	struct rel_str text;   /* in a snapshot */
	uint32_t first, count; /* in entries; ascending versions */
};

/* name.version that an upper layer hides. */
struct rel_stack_shadow {
	struct rel_stack_entry visible, hidden;
	bool same_content;
};

struct rel_stack {
	struct rel_stack_layer *layers;
	uint32_t n_layers;
	struct rel_stack_name *names; /* by bytes */
	uint32_t n_names;
	struct rel_stack_entry *entries;
	uint32_t n_entries;
	struct rel_stack_shadow *shadows;
	uint32_t n_shadows;
	struct rel_remote virtual_remote; /* of a layer that no remote has */
};

/* name.version to leave out, for --without; version empty = every one. */
struct rel_stack_exclusion {
	struct rel_str name, version;
};

/*
 * Stack `n_layers` snapshots.  The same text of a version is the same
 * version; texts that compare equal but differ stay apart.
 * *out  freed by the caller with rel_stack_free(); borrows the snapshots
 */
REL_MUST_CHECK int rel_stack_build(struct rel_stack **out,
				   const struct rel_stack_layer *layers,
				   uint32_t n_layers,
				   const struct rel_stack_exclusion *without,
				   uint32_t n_without, struct rel_error *err);
void rel_stack_free(struct rel_stack *stack);

/* The snapshot row of an entry. */
const struct rel_snapshot_package *rel_stack_package(
    const struct rel_stack *stack, uint32_t entry);

/* Index of a name in `names`, UINT32_MAX when absent. */
uint32_t rel_stack_find(const struct rel_stack *stack, struct rel_str name);

/* Index of a package version in `entries`, UINT32_MAX when absent. */
uint32_t rel_stack_find_version(const struct rel_stack *stack,
				struct rel_str name, struct rel_str version);

#endif
