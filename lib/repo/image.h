/*
 * Image: a snapshot's tables in one run of bytes, as they stand in memory
 * and, unchanged, in a file of the parsed-snapshot cache.  Internal to
 * lib/repo.
 *
 * An image depends on nothing but the manifests it was made from: rows,
 * nodes and string ids are numbered in the order of the packages, whoever
 * read them and in whatever order.
 *
 * Layout: the header, then the sections in the order of enum
 * rel_image_section, each starting at a multiple of 8 bytes and as long as
 * its count says.  Numbers are the host's own; an image of another host, or
 * of another version of the reader, is not opened.
 */
#ifndef REL_REPO_IMAGE_H
#define REL_REPO_IMAGE_H

#include "base/file.h"
#include "repo/snapshot.h"

enum rel_image_section {
	REL_IMAGE_PACKAGES,    /* struct rel_snapshot_package */
	REL_IMAGE_EXPRS,       /* struct rel_expr */
	REL_IMAGE_LISTS,       /* rel_string_id */
	REL_IMAGE_PROBLEMS,    /* struct rel_snapshot_problem */
	REL_IMAGE_NOTICES,     /* struct rel_snapshot_notice */
	REL_IMAGE_GROUPS,      /* struct rel_image_group */
	REL_IMAGE_EXPR_ENDS,   /* uint32_t, by package: end of its nodes */
	REL_IMAGE_STRING_ENDS, /* uint32_t, by string id: end in the text */
	REL_IMAGE_TEXT,	       /* char */
	REL_IMAGE_SECTIONS,
};

#define REL_IMAGE_MAGIC	    "relsnap"
#define REL_IMAGE_READER    16
#define REL_IMAGE_KEY_BYTES 32
#define REL_IMAGE_TREE	    20

/* What the content of an image was made from. */
enum rel_image_key_kind {
	REL_IMAGE_KEY_NONE,
	REL_IMAGE_KEY_TREE,  /* git tree id of the remote's root */
	REL_IMAGE_KEY_INDEX, /* sha256 of index.tar.gz */
};

struct rel_image_key {
	uint32_t kind; /* enum rel_image_key_kind */
	uint8_t bytes[REL_IMAGE_KEY_BYTES];
};

struct rel_image_header {
	char magic[8];
	uint32_t byte_order;		  /* 0x01020304 */
	uint32_t header_bytes;		  /* sizeof(struct rel_image_header) */
	uint8_t reader[REL_IMAGE_READER]; /* who can have written it */
	uint64_t total;			  /* bytes of the whole image */
	uint64_t checksum;		  /* of all that follows this member */
	/* which remote it was made for, so that the next revision finds an
	 * image to begin with; 0 = none */
	uint64_t repository;
	uint32_t mode; /* enum rel_upgrade_mode of old manifests */
	uint32_t zero;
	struct rel_image_key key;
	uint32_t counts[REL_IMAGE_SECTIONS]; /* elements */
};

/*
 * A directory below packages/ whose rows may be taken over into another
 * image as long as its git tree is the same one.  In order of name.
 */
struct rel_image_group {
	rel_string_id name;    /* of the directory */
	uint32_t first, count; /* packages */
	uint32_t first_notice, n_notices;
	uint8_t tree[REL_IMAGE_TREE];
};

struct rel_snapshot_store {
	struct rel_snapshot snapshot; /* the view given to the public */
	void *block;		      /* malloc'd image, or NULL and `map` */
	struct rel_map map;
	const struct rel_image_header *header;
	const struct rel_image_group *groups;
	const uint32_t *expr_ends;
	const uint32_t *string_ends;
	const char *text;
	char *revision;
};

/* Stands for the sources that make images; made by the build
 * (cmake/RelctlSourceId.cmake). */
extern const uint8_t rel_reader_id[REL_IMAGE_READER];

/* The size in bytes of one element of a section. */
size_t rel_image_element(enum rel_image_section section);

/*
 * Where a section starts, in bytes from the start of the image;
 * REL_IMAGE_SECTIONS = the end of the image.
 */
uint64_t rel_image_offset(const struct rel_image_header *header,
			  enum rel_image_section section);

/* Fill in the parts of a header that every image of this program shares. */
void rel_image_stamp(struct rel_image_header *header);

/* Set `checksum` from the rest of the image. */
void rel_image_seal(struct rel_image_header *header);

/*
 * Is this the image of `len` bytes that the header says, written by this
 * version of the program?  Looks at the header alone.
 */
bool rel_image_is_ours(const void *bytes, size_t len);

/*
 * Make a snapshot of an image of our own making.
 * block  malloc'd; taken over, freed also on failure
 * Errors REL_ENOMEM
 */
REL_MUST_CHECK int rel_image_adopt(struct rel_snapshot **out, void *block,
				   const char *revision, int64_t time,
				   struct rel_error *err);

/*
 * Make a snapshot of an image from a file.  Checksum, every index and every
 * length are verified, so that whatever is in the file is either refused or
 * safe to use.
 * map    taken over, closed also on failure
 * Errors REL_ESTALE: damaged, or of another version; REL_ENOMEM
 */
REL_MUST_CHECK int rel_image_open(struct rel_snapshot **out,
				  struct rel_map *map, const char *revision,
				  int64_t time, struct rel_error *err);

/* The nodes of package `i` are [*first, *end) of exprs. */
void rel_image_nodes(const struct rel_snapshot_store *store, uint32_t i,
		     uint32_t *first, uint32_t *end);

#endif
