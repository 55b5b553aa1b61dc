#include "archive/tar.h"

/* What fits in the eleven octal digits of size and mtime. */
#define NUMBER_MAX 077777777777u

static void put_octal(char *field, size_t width, uint64_t value)
{
	for (size_t i = width - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
}

static void put_text(char *field, size_t width, struct rel_str text)
{
	if (text.len > 0)
		memcpy(field, text.ptr, text.len < width ? text.len : width);
}

static char type_of(enum rel_archive_kind kind)
{
	switch (kind) {
	case REL_ARCHIVE_DIR:
		return '5';
	case REL_ARCHIVE_SYMLINK:
		return '2';
	case REL_ARCHIVE_HARDLINK:
		return '1';
	default:
		return '0';
	}
}

/*
 * The slash at which `path` is split in prefix and name; 0: it needs no
 * splitting; path.len: it cannot be split.
 */
static size_t split_at(struct rel_str path)
{
	const struct rel_tar_block *h = NULL;
	size_t at;

	if (path.len <= sizeof(h->name))
		return 0;
	/* The first slash that leaves a short enough name; not the last byte,
	 * which is a directory's mark. */
	for (at = path.len - sizeof(h->name) - 1; at + 1 < path.len; at++) {
		if (path.ptr[at] == '/')
			break;
	}
	if (at == 0 || at + 1 >= path.len || at > sizeof(h->prefix))
		return path.len;
	return at;
}

static void put_path(struct rel_tar_block *header, struct rel_str path)
{
	size_t at = split_at(path);

	if (at > 0 && at < path.len) {
		put_text(header->prefix, sizeof(header->prefix),
			 rel_str_sub(path, 0, at));
		path = rel_str_sub(path, at + 1, path.len);
	}
	put_text(header->name, sizeof(header->name), path);
}

static void put_checksum(struct rel_tar_block *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	unsigned sum = 0;

	memset(header->checksum, ' ', sizeof(header->checksum));
	for (size_t i = 0; i < sizeof(*header); i++)
		sum += bytes[i];
	put_octal(header->checksum, 7, sum);
	header->checksum[6] = '\0';
}

/* Numbers that are too big for ustar stand in the pax header. */
static uint64_t clip(uint64_t value)
{
	return value <= NUMBER_MAX ? value : 0;
}

static int add_header(struct rel_buf *out, char type, struct rel_str path,
		      struct rel_str target, unsigned mode, uint64_t size,
		      uint64_t mtime)
{
	struct rel_tar_block header = {
	    .type = type, .magic = "ustar", .version = {'0', '0'}};

	put_path(&header, path);
	put_text(header.link, sizeof(header.link), target);
	put_octal(header.mode, sizeof(header.mode), mode & 07777);
	put_octal(header.uid, sizeof(header.uid), 0);
	put_octal(header.gid, sizeof(header.gid), 0);
	put_octal(header.size, sizeof(header.size), clip(size));
	put_octal(header.mtime, sizeof(header.mtime), clip(mtime));
	put_octal(header.major, sizeof(header.major), 0);
	put_octal(header.minor, sizeof(header.minor), 0);
	put_checksum(&header);
	return rel_buf_add(out, &header, sizeof(header));
}

static size_t digits_of(size_t n)
{
	size_t digits = 1;

	for (; n >= 10; n /= 10)
		digits++;
	return digits;
}

/* "length key=value\n", where the length counts its own digits too. */
static void add_record(struct rel_buf *out, const char *key,
		       struct rel_str value)
{
	size_t rest = strlen(key) + value.len + 3; /* blank, '=', newline */
	size_t len = rest + digits_of(rest);

	if (digits_of(len) != digits_of(rest))
		len = rest + digits_of(len);
	rel_buf_printf(out, "%zu %s=", len, key);
	rel_buf_add_str(out, value);
	rel_buf_add_char(out, '\n');
}

static void add_number(struct rel_buf *out, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ju", (uintmax_t)value);
	add_record(out, key, rel_str_of(text));
}

size_t rel_tar_padding(uint64_t size)
{
	return (size_t)(-size & (REL_TAR_BLOCK - 1));
}

static void add_pax(struct rel_buf *out, struct rel_str records, uint64_t mtime)
{
	static const char zeros[REL_TAR_BLOCK];

	add_header(out, 'x', REL_STR("PaxHeader"), REL_STR(""), 0644,
		   records.len, mtime);
	rel_buf_add_str(out, records);
	rel_buf_add(out, zeros, rel_tar_padding(records.len));
}

int rel_tar_header(struct rel_buf *out, const struct rel_archive_entry *entry)
{
	const struct rel_tar_block *h = NULL;
	uint64_t size = entry->kind == REL_ARCHIVE_FILE ? entry->size : 0;
	uint64_t mtime = entry->mtime > 0 ? (uint64_t)entry->mtime : 0;
	struct rel_buf path, records;
	struct rel_str name;

	rel_buf_init(&path, out->max);
	rel_buf_init(&records, out->max);
	rel_buf_add_str(&path, entry->path);
	if (entry->kind == REL_ARCHIVE_DIR)
		rel_buf_add_char(&path, '/');
	name = rel_buf_str(&path);
	if (split_at(name) == name.len)
		add_record(&records, "path", name);
	if (entry->target.len > sizeof(h->link))
		add_record(&records, "linkpath", entry->target);
	if (size > NUMBER_MAX)
		add_number(&records, "size", size);
	if (mtime > NUMBER_MAX)
		add_number(&records, "mtime", mtime);
	if (path.status != 0 || records.status != 0)
		out->status = path.status ? path.status : records.status;
	if (records.len > 0)
		add_pax(out, rel_buf_str(&records), mtime);
	add_header(out, type_of(entry->kind), name, entry->target, entry->mode,
		   size, mtime);
	rel_buf_free(&records);
	rel_buf_free(&path);
	return out->status;
}
