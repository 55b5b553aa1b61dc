#include "archive/scan.h"

#include <stddef.h>

#include "archive/archive_private.h"
#include "archive/tar.h"
#include "base/limits.h"
#include "base/path.h"

struct scan {
	struct rel_archive *archive;
	rel_archive_doubt_fn doubt;
	void *context;
	struct rel_error *err;
	uint32_t max_members, members;
	struct rel_str chunk; /* bytes that are still to be taken */
	struct rel_tar_block block;
	bool begun; /* there was a header */
	bool stop;  /* what follows cannot be told */

	/* Of the extension headers before a member: */
	const char *pending; /* the first thing wrong with them */
	bool has_pax, has_size, has_long, has_long_link;
	bool has_path, has_linkpath;
	uint64_t size;
	struct rel_buf path, link; /* long names of either kind */
	struct rel_buf records;	   /* content of an extension header */
	struct rel_buf name;	   /* of the member at hand */
};

static int doubt_at(struct scan *s, struct rel_str path, const char *why)
{
	return s->doubt(s->context, path, why, s->err);
}

/* About the member at hand. */
static int doubt(struct scan *s, const char *why)
{
	return doubt_at(s, rel_buf_str(&s->name), why);
}

/* The same, of what leaves the rest uncertain. */
static int give_up(struct scan *s, const char *why)
{
	s->stop = true;
	return doubt(s, why);
}

static int fail_short(struct scan *s)
{
	return rel_fail(s->err, REL_EPARSE, "damaged archive: it is cut short");
}

/* 1 when *n bytes are in s->block, 0 at the end with fewer. */
static int read_block(struct scan *s, size_t *n)
{
	char *to = (char *)&s->block;

	*n = 0;
	while (*n < REL_TAR_BLOCK) {
		size_t want = REL_TAR_BLOCK - *n;
		struct rel_str part = rel_str_sub(s->chunk, 0, want);
		int r;

		memcpy(to + *n, part.ptr, part.len);
		*n += part.len;
		s->chunk = rel_str_sub(s->chunk, part.len, s->chunk.len);
		if (*n == REL_TAR_BLOCK)
			break;
		r = rel_archive_raw_chunk(&s->chunk, s->archive, s->err);
		if (r <= 0)
			return r;
	}
	return 1;
}

/* Pass over `size` bytes of content and its padding, or take it into `out`. */
static int read_content(struct scan *s, struct rel_buf *out, uint64_t size)
{
	while (size > 0) {
		size_t n,
		    want = size < REL_TAR_BLOCK ? (size_t)size : REL_TAR_BLOCK;
		int r = read_block(s, &n);

		if (r < 0)
			return r;
		if (r == 0)
			return fail_short(s);
		if (out)
			rel_buf_add(out, &s->block, want);
		size -= want;
	}
	return 0;
}

static bool is_zero(const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0 && p[n - 1] == '\0')
		n--;
	return n == 0;
}

/* The text of a field, up to its first NUL. */
static struct rel_str field(const char *text, size_t width)
{
	return rel_str_n(text, strnlen(text, width));
}

/*
 * Blanks, octal digits, and nothing but blanks and NULs behind them.  Readers
 * differ in all else that they take for a number.
 * empty  there need be no digits
 */
static bool is_octal(uint64_t *out, const char *text, size_t width, bool empty)
{
	size_t i = 0, digits;

	*out = 0;
	while (i < width && text[i] == ' ')
		i++;
	digits = i;
	while (i < width && text[i] >= '0' && text[i] <= '7')
		*out = *out * 8 + (uint64_t)(text[i++] - '0');
	if (i == digits && !empty)
		return false;
	while (i < width && (text[i] == ' ' || text[i] == '\0'))
		i++;
	return i == width;
}

/* The same, or GNU's base 256: for numbers that change no content. */
static bool is_number(const char *text, size_t width)
{
	unsigned char first = (unsigned char)text[0];
	uint64_t ignored;

	return first == 0x80 || first == 0xff ||
	       is_octal(&ignored, text, width, true);
}

static bool has_right_sum(const struct rel_tar_block *b)
{
	const unsigned char *bytes = (const unsigned char *)b;
	size_t from = offsetof(struct rel_tar_block, checksum);
	uint64_t sum = 0, is;

	for (size_t i = 0; i < sizeof(*b); i++)
		sum += i >= from && i < from + sizeof(b->checksum) ? ' '
								   : bytes[i];
	return is_octal(&is, b->checksum, sizeof(b->checksum), false) &&
	       is == sum;
}

enum format {
	FORMAT_USTAR,
	FORMAT_GNU,
	FORMAT_V7,
	FORMAT_OTHER,
};

static enum format format_of(const struct rel_tar_block *b)
{
	/* magic and version are one field for GNU */
	if (memcmp(b->magic, "ustar\00000", 8) == 0)
		return FORMAT_USTAR;
	if (memcmp(b->magic, "ustar  ", 8) == 0)
		return FORMAT_GNU;
	/* what ustar calls a prefix v7 does not know */
	return is_zero(b->magic, sizeof(b->magic)) &&
		       is_zero(b->version, sizeof(b->version)) &&
		       is_zero(b->prefix, sizeof(b->prefix))
		   ? FORMAT_V7
		   : FORMAT_OTHER;
}

/* GNU has times where ustar has a prefix, then what sparse files need. */
static bool has_sparse_map(const struct rel_tar_block *b)
{
	size_t from = offsetof(struct rel_tar_block, prefix) + 2 * 12;

	return !is_zero((const char *)b + from, sizeof(*b) - from);
}

/* The name as libarchive's reader would have it. */
static int set_name(struct scan *s, enum format format)
{
	const struct rel_tar_block *b = &s->block;
	struct rel_str prefix = field(b->prefix, sizeof(b->prefix));
	struct rel_str name = field(b->name, sizeof(b->name));

	rel_buf_clear(&s->name);
	if (s->has_path || s->has_long) {
		name = rel_buf_str(&s->path);
	} else if (format == FORMAT_USTAR && prefix.len > 0) {
		rel_buf_add_str(&s->name, prefix);
		rel_buf_add_char(&s->name, '/');
	}
	rel_buf_add_str(&s->name, name);
	return rel_buf_status(&s->name, "member name", s->err);
}

static bool is_extension(char type)
{
	return type == 'x' || type == 'g' || type == 'L' || type == 'K';
}

/* "LEN KEY=VALUE\n" off *rest. */
static bool take_record(struct rel_str *key, struct rel_str *value,
			struct rel_str *rest)
{
	size_t blank = rel_str_find(*rest, ' '), equals;
	unsigned long len;
	struct rel_str record;

	if (!rel_str_to_uint(rel_str_sub(*rest, 0, blank), rest->len, &len) ||
	    rest->ptr[0] == '0' || len < blank + 4 ||
	    rest->ptr[len - 1] != '\n')
		return false;
	record = rel_str_sub(*rest, blank + 1, len - 1);
	equals = rel_str_find(record, '=');
	if (equals == 0 || equals == record.len)
		return false;
	*key = rel_str_sub(record, 0, equals);
	*value = rel_str_sub(record, equals + 1, record.len);
	*rest = rel_str_sub(*rest, len, rest->len);
	return true;
}

/* Keys that change neither names nor content, for whoever knows them. */
static bool is_harmless(struct rel_str key)
{
	static const char *const keys[] = {"atime",
					   "comment",
					   "ctime",
					   "gid",
					   "gname",
					   "mtime",
					   "uid",
					   "uname",
					   "LIBARCHIVE.creationtime",
					   "SCHILY.dev",
					   "SCHILY.ino",
					   "SCHILY.nlink",
					   "RHT.security.selinux"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (rel_str_is(key, keys[i]))
			return true;
	return rel_str_starts(key, REL_STR("SCHILY.xattr.")) ||
	       rel_str_starts(key, REL_STR("LIBARCHIVE.xattr."));
}

/* path= or linkpath= */
static const char *take_pax_name(bool *has, struct rel_buf *to,
				 struct rel_str value)
{
	size_t bad;

	if (*has)
		return "has a pax header with two names";
	if (value.len == 0 || rel_str_find(value, '\0') < value.len)
		return "has a pax header with a name that is none";
	if (!rel_str_is_utf8(value, &bad))
		return "has a pax header with a name that is not UTF-8";
	*has = true;
	rel_buf_clear(to);
	rel_buf_add_str(to, value);
	return NULL;
}

static const char *take_pax(struct scan *s, struct rel_str key,
			    struct rel_str value, bool global)
{
	unsigned long size;

	if (is_harmless(key))
		return NULL;
	if (global)
		return "is a global pax header that changes all that follow";
	if (rel_str_is(key, "path"))
		return take_pax_name(&s->has_path, &s->path, value);
	if (rel_str_is(key, "linkpath"))
		return take_pax_name(&s->has_linkpath, &s->link, value);
	if (rel_str_is(key, "hdrcharset") &&
	    rel_str_is(value, "ISO-IR 10646 2000 UTF-8"))
		return NULL;
	if (!rel_str_is(key, "size"))
		return "has a pax header that not every tar understands";
	if (s->has_size || !rel_str_to_uint(value, UINT64_MAX - 1, &size))
		return "has a pax header with a size that is none";
	s->has_size = true;
	s->size = size;
	return NULL;
}

static int scan_pax(struct scan *s, bool global)
{
	struct rel_str rest = rel_buf_str(&s->records), key, value;
	const char *why = NULL;

	if (!global && s->has_pax)
		why = "has two pax headers";
	s->has_pax |= !global;
	while (!why && rest.len > 0)
		why = take_record(&key, &value, &rest)
			  ? take_pax(s, key, value, global)
			  : "has a damaged pax header";
	if (why && global)
		return doubt(s, why);
	if (!s->pending)
		s->pending = why;
	return 0;
}

/* GNU's long name: text and a NUL at its end. */
static void scan_long(struct scan *s, bool *has, struct rel_buf *to)
{
	struct rel_str text = rel_buf_str(&s->records);
	size_t end = rel_str_find(text, '\0');
	const char *why = *has ? "has two long names"
			  : end == 0 || end + 1 < text.len
			      ? "has a long name that is none"
			      : NULL;

	*has = true;
	rel_buf_clear(to);
	rel_buf_add_str(to, rel_str_sub(text, 0, end));
	if (!s->pending)
		s->pending = why;
}

static int scan_extension(struct scan *s, uint64_t size)
{
	char type = s->block.type;
	int r;

	if (size > REL_LIMIT_TAR_EXTENSION)
		return give_up(s, "is an extension header of over 1 MiB");
	rel_buf_clear(&s->records);
	r = read_content(s, &s->records, size);
	if (r == 0)
		r = rel_buf_status(&s->records, "extension header", s->err);
	if (r || s->stop)
		return r;
	switch (type) {
	case 'L':
		scan_long(s, &s->has_long, &s->path);
		return 0;
	case 'K':
		scan_long(s, &s->has_long_link, &s->link);
		return 0;
	default:
		return scan_pax(s, type == 'g');
	}
}

static struct rel_str link_of(const struct scan *s)
{
	return s->has_linkpath || s->has_long_link
		   ? rel_buf_str(&s->link)
		   : field(s->block.link, sizeof(s->block.link));
}

static const char *check_type(const struct scan *s, uint64_t size, bool slash)
{
	switch (s->block.type) {
	case '0':
	case '\0':
		return slash ? "is a file with a directory's name" : NULL;
	case '1':
	case '2':
		return size > 0			      ? "is a link with content"
		       : link_of(s).len == 0 || slash ? "is a link to nothing"
						      : NULL;
	case '5':
		return size > 0 ? "is a directory with content" : NULL;
	case 'S':
		return "is a sparse file of old GNU tar";
	default:
		return "is neither a file, a directory nor a link";
	}
}

static const char *check_mode(const struct scan *s)
{
	uint64_t mode;

	if (!is_octal(&mode, s->block.mode, sizeof(s->block.mode), false))
		return "has a mode that is no number";
	if (mode & 07000)
		return "has a set-id or sticky bit";
	if (s->block.type == '5' && (mode & 0700) != 0700)
		return "is a directory that its owner cannot enter or write";
	if ((s->block.type == '0' || s->block.type == '\0') && !(mode & 0400))
		return "is a file that its owner cannot read";
	return NULL;
}

static const char *check_names(const struct scan *s, enum format format)
{
	if (s->has_path && s->has_long)
		return "has a long name and a pax one";
	if (s->has_linkpath && s->has_long_link)
		return "has a long link target and a pax one";
	if ((s->has_linkpath || s->has_long_link) && s->block.type != '1' &&
	    s->block.type != '2')
		return "is no link and has a link target";
	if (format == FORMAT_GNU && has_sparse_map(&s->block))
		return "has the map of a sparse file";
	return NULL;
}

static const char *check_numbers(const struct rel_tar_block *b)
{
	return is_number(b->uid, sizeof(b->uid)) &&
		       is_number(b->gid, sizeof(b->gid)) &&
		       is_number(b->mtime, sizeof(b->mtime))
		   ? NULL
		   : "has a header field that is no number";
}

/* The form of read.h; false: not a clean relative path. */
static bool tidy(struct scan *s, bool *slash)
{
	struct rel_str name = rel_buf_str(&s->name);

	*slash = name.len > 0 && name.ptr[name.len - 1] == '/';
	while (name.len > 0 && name.ptr[name.len - 1] == '/')
		name.len--;
	while (rel_str_starts(name, REL_STR("./")))
		name = rel_str_sub(name, 2, name.len);
	if (rel_str_is(name, ".")) {
		rel_buf_clear(&s->name);
		return true;
	}
	if (!rel_path_is_safe(name))
		return false;
	memmove(s->name.ptr, name.ptr, name.len);
	s->name.len = name.len;
	return true;
}

static int scan_member(struct scan *s, enum format format, uint64_t size)
{
	const char *why = s->pending;
	bool slash = false;
	int r;

	if (!tidy(s, &slash) && !why)
		why = "has an unsafe name";
	if (!why)
		why = check_names(s, format);
	if (!why)
		why = check_numbers(&s->block);
	if (!why)
		why = check_mode(s);
	if (!why && s->has_size && s->size != size)
		why = "has two sizes";
	if (!why)
		why = check_type(s, size, slash);
	r = why ? doubt(s, why) : 0;
	/* How much content there is, readers see differently. */
	s->stop |=
	    why && size > 0 && s->block.type != '0' && s->block.type != '\0';
	s->stop |= s->has_size && s->size != size;
	s->has_pax = s->has_size = s->has_long = s->has_long_link = false;
	s->has_path = s->has_linkpath = false;
	s->pending = NULL;
	return r || s->stop ? r : read_content(s, NULL, size);
}

static int scan_header(struct scan *s)
{
	enum format format = format_of(&s->block);
	uint64_t size;
	int r = set_name(s, format);

	if (r)
		return r;
	if (!has_right_sum(&s->block) && !s->begun) {
		s->stop = true;
		return doubt_at(s, REL_STR(""), "is no tar archive");
	}
	s->begun = true;
	if (!has_right_sum(&s->block))
		return give_up(s, "has a header with a wrong checksum");
	if (format == FORMAT_OTHER)
		return give_up(s, "has a header of an unknown format");
	if (!is_octal(&size, s->block.size, sizeof(s->block.size), false))
		return give_up(s, "has a size that is no octal number");
	if (++s->members > s->max_members)
		return rel_fail(s->err, REL_ELIMIT, "more than %u members",
				s->max_members);
	return is_extension(s->block.type) ? scan_extension(s, size)
					   : scan_member(s, format, size);
}

/* Behind the end that readers see there is nothing that some read on with. */
static int scan_end(struct scan *s)
{
	bool unread = false;
	size_t n;
	int r;

	while ((r = read_block(s, &n)) >= 0 && n > 0) {
		if (!is_zero(&s->block, n)) {
			s->stop = true;
			return doubt_at(s, REL_STR(""),
					"has content behind its end");
		}
		if (r == 0)
			break;
	}
	if (r < 0)
		return r;
	if (rel_archive_raw_layers(s->archive) > 1)
		return doubt_at(s, REL_STR(""), "is packed twice");
	if (rel_archive_raw_layers(s->archive) == 1)
		r = rel_archive_raw_unread(&unread, s->archive, s->err);
	return r == 0 && unread ? doubt_at(s, REL_STR(""),
					   "has content behind what is packed")
				: r;
}

static int scan_all(struct scan *s)
{
	size_t n;
	int r;

	while ((r = read_block(s, &n)) > 0 &&
	       !is_zero(&s->block, REL_TAR_BLOCK)) {
		r = scan_header(s);
		if (r || s->stop)
			return r;
	}
	if (r < 0)
		return r;
	if (r == 0 && n > 0)
		return s->begun ? fail_short(s)
				: doubt_at(s, REL_STR(""), "is no tar archive");
	if (s->has_pax || s->has_long || s->has_long_link)
		return doubt_at(s, REL_STR(""),
				"ends with a header that belongs to nothing");
	return scan_end(s);
}

static int scan(struct rel_archive *archive,
		const struct rel_archive_limits *limits,
		rel_archive_doubt_fn fn, void *context, struct rel_error *err)
{
	uint32_t max = limits ? limits->max_members : 0;
	struct scan s = {.archive = archive,
			 .doubt = fn,
			 .context = context,
			 .err = err,
			 .chunk = REL_STR(""),
			 .max_members = max ? max : REL_LIMIT_INDEX_MEMBERS};
	int r;

	rel_buf_init(&s.path, REL_LIMIT_TAR_EXTENSION);
	rel_buf_init(&s.link, REL_LIMIT_TAR_EXTENSION);
	rel_buf_init(&s.records, REL_LIMIT_TAR_EXTENSION);
	rel_buf_init(&s.name, 2 * REL_LIMIT_TAR_EXTENSION);
	r = scan_all(&s);
	if (r < 0 && err && err->path[0] == '\0')
		rel_error_at(err, rel_archive_raw_name(archive), 0, 0);
	rel_buf_free(&s.path);
	rel_buf_free(&s.link);
	rel_buf_free(&s.records);
	rel_buf_free(&s.name);
	return r;
}

int rel_archive_scan_path(const char *path,
			  const struct rel_archive_limits *limits,
			  rel_archive_doubt_fn fn, void *context,
			  const struct rel_cancel *cancel,
			  struct rel_error *err)
{
	struct rel_archive *archive = NULL;
	int r = rel_archive_raw_open_path(&archive, path, limits, cancel, err);

	if (r == 0)
		r = scan(archive, limits, fn, context, err);
	rel_archive_close(archive);
	return r;
}

int rel_archive_scan_memory(struct rel_str bytes,
			    const struct rel_archive_limits *limits,
			    rel_archive_doubt_fn fn, void *context,
			    struct rel_error *err)
{
	struct rel_archive *archive = NULL;
	int r = rel_archive_raw_open_memory(&archive, bytes, limits, err);

	if (r == 0)
		r = scan(archive, limits, fn, context, err);
	rel_archive_close(archive);
	return r;
}
