/*
 * What the scan doubts, beside what GNU tar and bsdtar make of the same bytes:
 * where they disagree, or unpack anything but the plain tree, there has to be a
 * doubt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "archive/scan.h"
#include "archive/tar.h"
#include "base/limits.h"
#include "support/chance.h"
#include "support/shell.h"
#include "support/support.h"

/* A header and its content. */
struct piece {
	char
	    type; /* 0: the end of a list; '!': zeros, the end of the archive */
	const char *name, *link;
	const char *data; /* x, g: "KEY=VALUE\n" lines, made to records */
	size_t data_len;  /* 0 = strlen */
	const char *mode; /* NULL = 0644, or 0755 */
	const char *size; /* the field; NULL = of the data */
	const char *mtime;
	const char *magic; /* NULL = ustar */
	int sum;	   /* added to the right checksum; 1 = signed, 2 = 0 */
};

#define TOP                               \
	{                                 \
		.type = '5', .name = "p/" \
	}
#define A                                                    \
	{                                                    \
		.type = '0', .name = "p/a", .data = "good\n" \
	}
#define B                                                     \
	{                                                     \
		.type = '0', .name = "p/b", .data = "other\n" \
	}
#define PAX(...)                                                      \
	{                                                             \
		.type = 'x', .name = "PaxHeader", .data = __VA_ARGS__ \
	}
#define GLOBAL(...)                                                    \
	{                                                              \
		.type = 'g', .name = "pax_global", .data = __VA_ARGS__ \
	}
#define GNU "ustar  "

static void put_octal(char *to, size_t width, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%0*jo", (int)width - 1, (uintmax_t)n);
	memcpy(to, text, width - 1);
}

static void put_sum(struct rel_tar_block *b, int kind)
{
	unsigned sum = 0;

	memset(b->checksum, ' ', sizeof(b->checksum));
	for (size_t i = 0; i < sizeof(*b); i++)
		sum += kind == 1 ? (unsigned)((const signed char *)b)[i]
				 : ((const unsigned char *)b)[i];
	if (kind == 2)
		sum = 0;
	put_octal(b->checksum, 7, sum);
	b->checksum[6] = '\0';
}

static void add_records(struct rel_buf *out, const char *lines, size_t len)
{
	struct rel_str rest = rel_str_n(lines, len);

	while (rest.len > 0) {
		size_t n = rel_str_find(rest, '\n') + 1;

		/* under 100 bytes: one digit or two, and a blank */
		rel_buf_printf(out, "%zu ", n + 2 < 10 ? n + 2 : n + 3);
		rel_buf_add_str(out, rel_str_sub(rest, 0, n));
		rest = rel_str_sub(rest, n, rest.len);
	}
}

static void add_piece(struct rel_buf *out, const struct piece *p)
{
	static const char zeros[2 * REL_TAR_BLOCK];
	bool records = p->type == 'x' || p->type == 'g';
	struct rel_tar_block b = {.type = p->type, .version = {'0', '0'}};
	struct rel_buf data;
	size_t len = p->data_len ? p->data_len : p->data ? strlen(p->data) : 0;

	if (p->type == '!') {
		rel_buf_add(out, zeros, sizeof(zeros));
		return;
	}
	rel_buf_init(&data, REL_MIB);
	if (records && strchr(p->data, '='))
		add_records(&data, p->data, len);
	else if (len > 0)
		rel_buf_add(&data, p->data, len);
	memcpy(b.name, p->name, strlen(p->name));
	if (p->link)
		memcpy(b.link, p->link, strlen(p->link));
	memcpy(b.mode,
	       p->mode		? p->mode
	       : p->type == '5' ? "0000755"
				: "0000644",
	       7);
	put_octal(b.uid, sizeof(b.uid), 0);
	put_octal(b.gid, sizeof(b.gid), 0);
	put_octal(b.size, sizeof(b.size), data.len);
	if (p->size)
		memcpy(b.size, p->size, sizeof(b.size));
	put_octal(b.mtime, sizeof(b.mtime), 1000000000);
	if (p->mtime)
		memcpy(b.mtime, p->mtime, sizeof(b.mtime));
	memcpy(b.magic, "ustar", 6);
	if (p->magic)
		memcpy(b.magic, p->magic, 8);
	put_sum(&b, p->sum);
	rel_buf_add(out, &b, sizeof(b));
	rel_buf_add_str(out, rel_buf_str(&data));
	rel_buf_add(out, zeros, rel_tar_padding(data.len));
	rel_buf_free(&data);
}

static int note(void *context, struct rel_str path, const char *why,
		struct rel_error *err)
{
	struct rel_buf *out = context;

	rel_buf_printf(out, "%.*s: %s\n", REL_STR_ARG(path), why);
	return rel_buf_status(out, "doubts", err);
}

/* What a program unpacks: kinds, modes, names, link targets, content. */
#define LIST                                                                  \
	"(cd %s && find . -mindepth 1 -printf '%%y %%m %%n %%p %%l\\n' | "    \
	"LC_ALL=C sort; chmod -R u+rwx .; find . -type f -exec sha256sum {} " \
	"+ | LC_ALL=C sort) 2>&1"

static char *unpack(const char *dir, const char *program, const char *file)
{
	free(rel_test_sh("cd '%s'; chmod -R u+rwx %s 2>/dev/null || :; "
			 "rm -rf %s; mkdir %s; s=0; "
			 "%s --no-same-owner -xpf %s -C %s >%s.log 2>&1 || "
			 "s=$?; echo $s >%s.status",
			 dir, program, program, program, program, file, program,
			 program, program));
	return rel_test_sh("cd '%s'; cat %s.status; " LIST, dir, program,
			   program);
}

/* Do GNU tar and bsdtar unpack `file` to the tree of plain.tar? */
static bool is_plain(const char *dir, const char *file, const char *plain)
{
	char *gnu = unpack(dir, "tar", file),
	     *bsd = unpack(dir, "bsdtar", file);
	bool same = strcmp(gnu, plain) == 0 && strcmp(bsd, plain) == 0;

	free(gnu);
	free(bsd);
	return same;
}

static const struct piece plain[] = {TOP, A, B, {.type = '!'}, {0}};

static const struct {
	const char *label;
	/* the first doubt; NULL = none: readers agree, and it is plain */
	const char *doubt;
	struct piece pieces[8];
} cases[] = {
    /* what all readers take alike */
    {"comment", NULL, {GLOBAL("comment=0123456789\n"), TOP, A, B}},
    {"times", NULL, {TOP, PAX("mtime=12345.5\natime=12345\n"), A, B}},
    {"pax name",
     NULL,
     {TOP, PAX("path=p/a\n"), {.type = '0', .name = "x", .data = "good\n"}, B}},
    {"pax size", NULL, {TOP, PAX("size=00005\n"), A, B}},
    {"long name",
     NULL,
     {TOP,
      {.type = 'L',
       .name = "././@LongLink",
       .data = "p/a",
       .data_len = 4,
       .magic = GNU},
      {.type = '0', .name = "x", .data = "good\n", .magic = GNU},
      B}},
    {"old time",
     NULL,
     {TOP,
      {.type = '0',
       .name = "p/a",
       .data = "good\n",
       .mtime = "\xff\xff\xff\xff\xff\xff\xff\xff\xff"
		"\xff\xff\x00"},
      B}},
    {"no end", NULL, {TOP, A, B}},
    /* and what not */
    {"realsize",
     "p/a: has a pax header that not every tar understands",
     {TOP, PAX("SCHILY.realsize=3\n"), A, B}},
    {"sparse 1.0",
     "p/a: has a pax header that not every tar understands",
     {TOP,
      PAX("GNU.sparse.major=1\nGNU.sparse.minor=0\n"
	  "GNU.sparse.name=p/evil\nGNU.sparse.realsize=5\n"),
      A, B}},
    {"sparse 0.1",
     "p/a: has a pax header that not every tar understands",
     {TOP,
      PAX("GNU.sparse.size=10\nGNU.sparse.numblocks=1\n"
	  "GNU.sparse.map=5,5\n"),
      A, B}},
    {"global size",
     ": is a global pax header",
     {TOP, GLOBAL("size=0003\n"), A, B}},
    {"global path",
     ": is a global pax header",
     {TOP,
      A,
      B,
      GLOBAL("path=p/a\n"),
      {.type = '0', .name = "p/none", .data = "evil\n"}}},
    {"two sizes", "p/a: has two sizes", {TOP, PAX("size=0003\n"), A, B}},
    {"link with content",
     "p/a: is a link with content",
     {TOP, B, {.type = '1', .name = "p/a", .link = "p/b", .data = "evil\n"}}},
    {"symlink with content",
     "p/a: is a link with content",
     {TOP, B, {.type = '2', .name = "p/a", .link = "b", .data = "evil\n"}}},
    {"directory with content",
     "p/d: is a directory with content",
     {TOP, A, {.type = '5', .name = "p/d/", .data = "evil\n"}, B}},
    {"long and pax",
     "p/pax: has a long name and a pax one",
     {TOP,
      {.type = 'L',
       .name = "././@LongLink",
       .data = "p/long",
       .data_len = 7,
       .magic = GNU},
      PAX("path=p/pax\n"),
      A,
      B}},
    {"pax and long",
     "p/long: has a long name and a pax one",
     {TOP,
      PAX("path=p/pax\n"),
      {.type = 'L',
       .name = "././@LongLink",
       .data = "p/long",
       .data_len = 7,
       .magic = GNU},
      A,
      B}},
    {"long link and pax",
     "p/l: has a long link target and a pax one",
     {TOP,
      A,
      B,
      {.type = 'K',
       .name = "././@LongLink",
       .data = "a",
       .data_len = 2,
       .magic = GNU},
      PAX("linkpath=b\n"),
      {.type = '2', .name = "p/l", .link = "c"}}},
    {"link target of a file",
     "p/a: is no link and has a link target",
     {TOP, PAX("linkpath=p/b\n"), A, B}},
    {"two long names",
     "p/a: has two long names",
     {TOP,
      {.type = 'L',
       .name = "././@LongLink",
       .data = "p/x",
       .data_len = 4,
       .magic = GNU},
      {.type = 'L',
       .name = "././@LongLink",
       .data = "p/a",
       .data_len = 4,
       .magic = GNU},
      A,
      B}},
    {"two pax headers",
     "p/x: has two pax headers",
     {TOP, PAX("path=p/x\n"), PAX("mtime=12345\n"), A, B}},
    {"name twice",
     "p/x: has a pax header with two names",
     {TOP, PAX("path=p/x\npath=p/a\n"), A, B}},
    {"no name",
     "p/a: has a pax header with a name that is none",
     {TOP, PAX("path=\nmtime=123\n"), A, B}},
    {"NUL in a name",
     "p/a: has a pax header with a name that is none",
     {TOP,
      {.type = 'x',
       .name = "PaxHeader",
       .data = "path=p/a\0b\n",
       .data_len = 11},
      A,
      B}},
    {"other bytes",
     "p/a: has a pax header with a name that is not",
     {TOP, PAX("path=p/\xff\n"), A, B}},
    {"character set",
     "p/a: has a pax header that not every",
     {TOP, PAX("hdrcharset=BINARY\n"), A, B}},
    {"damaged records",
     "p/a: has a damaged pax header",
     {TOP, PAX("nonsense"), A, B}},
    {"set-id",
     "p/a: has a set-id or sticky bit",
     {TOP,
      {.type = '0', .name = "p/a", .data = "good\n", .mode = "0004755"},
      B}},
    {"sticky",
     "p: has a set-id or sticky bit",
     {{.type = '5', .name = "p/", .mode = "0001755"}, A, B}},
    {"closed top",
     "p: is a directory that its owner cannot enter",
     {{.type = '5', .name = "p/", .mode = "0000000"}, A, B}},
    {"unreadable",
     "p/a: is a file that its owner cannot read",
     {TOP,
      {.type = '0', .name = "p/a", .data = "good\n", .mode = "0000000"},
      B}},
    {"absolute",
     "/p/a: has an unsafe name",
     {TOP, A, B, {.type = '0', .name = "/p/a", .data = "evil\n"}}},
    {"above",
     "p/../p/a: has an unsafe name",
     {TOP, A, B, {.type = '0', .name = "p/../p/a", .data = "evil\n"}}},
    {"slash",
     "p/d: is a file with a directory's name",
     {TOP, A, B, {.type = '0', .name = "p/d/"}}},
    {"sparse of old",
     "p/a: ",
     {TOP, {.type = 'S', .name = "p/a", .data = "good\n", .magic = GNU}, B}},
    {"further volume",
     "p/a: is neither a file",
     {TOP, {.type = 'M', .name = "p/a", .data = "good\n", .magic = GNU}, B}},
    {"volume label",
     "label: is neither a file",
     {{.type = 'V', .name = "label", .magic = GNU}, TOP, A, B}},
    {"contiguous",
     "p/c: is neither a file",
     {TOP, A, B, {.type = '7', .name = "p/c", .data = "c"}}},
    {"FIFO",
     "p/c: is neither a file",
     {TOP, A, B, {.type = '6', .name = "p/c"}}},
    {"unknown",
     "p/c: is neither a file",
     {TOP, A, B, {.type = 'Z', .name = "p/c", .data = "c"}}},
    {"size in base 256",
     "p/a: has a size that is no octal number",
     {TOP,
      {.type = '0',
       .name = "p/a",
       .data = "good\n",
       .size = "\x80\0\0\0\0\0\0\0\0\0\0\5"},
      B}},
    {"negative size",
     "p/a: has a size that is no octal number",
     {TOP,
      {.type = '0', .name = "p/a", .data = "good\n", .size = "-0000000001"},
      B}},
    {"no size",
     "p/a: has a size that is no octal number",
     {TOP, {.type = '0', .name = "p/a", .size = "           "}, B}},
    {"no checksum",
     "p/a: has a header with a wrong checksum",
     {TOP, {.type = '0', .name = "p/a", .data = "good\n", .sum = 2}, B}},
    {"signed checksum",
     "p/\xc3\xa9: has a header with a wrong checksum",
     {TOP, A, B, {.type = '0', .name = "p/\xc3\xa9", .data = "e", .sum = 1}}},
    {"unknown format",
     "p/a: has a header of an unknown format",
     {TOP,
      {.type = '0', .name = "p/a", .data = "good\n", .magic = "star\0\0\0\0"},
      B}},
    {"behind the end",
     ": has content behind its end",
     {TOP, A, B, {.type = '!'}, {.type = '0', .name = "p/c", .data = "c"}}},
    {"header at the end",
     ": ends with a header that belongs to nothing",
     {TOP, A, B, PAX("mtime=12345\n")}},
};

static void build(struct rel_buf *out, const struct piece *pieces, bool end)
{
	static const struct piece zeros = {.type = '!'};

	rel_buf_clear(out);
	for (; pieces->type; pieces++)
		add_piece(out, pieces);
	if (end)
		add_piece(out, &zeros);
}

static void test_cases(void **state)
{
	struct rel_buf bytes, doubts;
	char *want;

	rel_buf_init(&bytes, REL_MIB);
	rel_buf_init(&doubts, REL_MIB);
	build(&bytes, plain, false);
	rel_test_write(*state, "plain.tar", bytes.ptr, bytes.len);
	want = unpack(*state, "tar", "plain.tar");
	assert_true(is_plain(*state, "plain.tar", want));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rel_error err = {0};
		const char *doubt = cases[i].doubt;

		build(&bytes, cases[i].pieces,
		      strcmp(cases[i].label, "no end") != 0);
		rel_test_write(*state, "odd.tar", bytes.ptr, bytes.len);
		rel_buf_clear(&doubts);
		if (rel_archive_scan_memory(rel_buf_str(&bytes), NULL, note,
					    &doubts, &err) != 0)
			fail_msg("%s: %s", cases[i].label, err.text);
		if (!doubt && doubts.len > 0)
			fail_msg("%s: %s", cases[i].label, doubts.ptr);
		if (doubt && (doubts.len == 0 || !strstr(doubts.ptr, doubt)))
			fail_msg("%s: not \"%s\" but %s", cases[i].label, doubt,
				 doubts.len ? doubts.ptr : "nothing");
		if (!doubt && !is_plain(*state, "odd.tar", want))
			fail_msg("%s: readers disagree", cases[i].label);
	}
	free(want);
	rel_buf_free(&bytes);
	rel_buf_free(&doubts);
}

/* The scan of a file of the test's directory. */
static char *scan_file(const char *dir, const char *name, int wanted)
{
	char *path = rel_test_text("%s/%s", dir, name);
	struct rel_error err = {0};
	struct rel_buf doubts;

	rel_buf_init(&doubts, REL_MIB);
	rel_buf_add_cstr(&doubts, "");
	if (rel_archive_scan_path(path, NULL, note, &doubts, NULL, &err) !=
	    wanted)
		fail_msg("%s: %s", name, err.text);
	free(path);
	return rel_buf_detach(&doubts, NULL);
}

/* What programs write has nothing to doubt, however it is packed. */
static void test_programs(void **state)
{
	static const char *const commands[] = {
	    "tar --format=gnu -cf t.tar t",
	    "tar --format=ustar -cf t.tar u",
	    "tar --format=v7 -cf t.tar u",
	    "tar --format=pax -cf t.tar t",
	    "tar --format=oldgnu -cf t.tar t",
	    "tar --format=posix --xattrs -cf t.tar t",
	    "bsdtar --format=ustar -cf t.tar u",
	    "bsdtar --format=pax -cf t.tar t",
	    "bsdtar --format=gnutar -cf t.tar t",
	    "git -C t archive --prefix=t/ HEAD >t.tar",
	    "git -C t archive --format=tar.gz --prefix=t/ HEAD >t.tar",
	    "tar -cjf t.tar t",
	    "tar -cJf t.tar t",
	    "tar --zstd -cf t.tar t",
	    /* members of a compressor one behind the other are one stream */
	    "tar -cf x t; split -n 2 x; gzip -c xaa >t.tar; gzip -c xab "
	    ">>t.tar",
	    "tar -cf x t; split -n 2 x; bzip2 -c xaa >t.tar; bzip2 -c xab "
	    ">>t.tar",
	    "tar -cf x t; split -n 2 x; xz -c xaa >t.tar; xz -c xab >>t.tar",
	    "tar -cf x t; split -n 2 x; zstd -qc xaa >t.tar; zstd -qc xab "
	    ">>t.tar",
	};

	free(rel_test_sh(
	    "cd '%s'; mkdir -p t/d u; echo a >u/a; ln -s a u/l; ln u/a u/h; "
	    "echo x >t/\"$(printf 'n%%.0s' $(seq 120))\"; echo y >t/d/y; "
	    "long=t; for i in 1 2 3 4; do "
	    "long=$long/$(printf 'e%%.0s' $(seq 90)); done; mkdir -p $long; "
	    "echo z >$long/z; chmod 755 t/d/y; ln t/d/y t/h; "
	    "ln -s \"$(printf 'l%%.0s' $(seq 150))\" t/l; "
	    "echo u >\"t/$(printf '\\303\\251')\"; cd t; git init -q; "
	    "git add -A; git -c user.name=t -c user.email=t@example.org "
	    "commit -qm t",
	    (char *)*state));
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char *doubts;

		free(rel_test_sh("cd '%s'; (%s) 2>&1; [ -s t.tar ]",
				 (char *)*state, commands[i]));
		doubts = scan_file(*state, "t.tar", 0);
		if (doubts[0])
			fail_msg("%s: %s", commands[i], doubts);
		free(doubts);
	}
}

static void expect_file(const char *dir, const char *command, int code,
			const char *want)
{
	char *doubts;

	free(rel_test_sh("cd '%s'; %s", dir, command));
	doubts = scan_file(dir, "odd", code);
	if (strcmp(doubts, want) != 0)
		fail_msg("%s: %s", command, doubts);
	free(doubts);
}

/* How it is packed. */
static void test_packing(void **state)
{
	char *dir = *state;
	struct rel_buf bytes;

	rel_buf_init(&bytes, REL_MIB);
	build(&bytes, plain, false);
	rel_test_write(dir, "plain.tar", bytes.ptr, bytes.len);
	rel_buf_free(&bytes);
	for (size_t i = 0; i < 3; i++) {
		static const char *const packers[] = {"gzip", "bzip2", "zstd"};
		char *twice =
		    rel_test_text("%s -c plain.tar | gzip -c >odd", packers[i]);
		char *behind = rel_test_text("%s -c plain.tar >odd; "
					     "echo garbage >>odd",
					     packers[i]);

		expect_file(dir, twice, 0, ": is packed twice\n");
		/* zstd knows that it is no frame */
		expect_file(dir, behind, i == 2 ? REL_EPARSE : 0,
			    i == 2 ? ""
				   : ": has content behind what is "
				     "packed\n");
		free(twice);
		free(behind);
	}
	expect_file(dir, "head -c 1300 plain.tar >odd", REL_EPARSE, "");
	expect_file(dir, "echo '<html>' >odd", 0, ": is no tar archive\n");
	expect_file(dir, "head -c 3000 plain.tar | gzip -c | head -c 60 >odd",
		    REL_EPARSE, "");
}

/* Bytes of headers changed at random, their checksums right: what is not
 * doubted both unpack alike, and without complaint. */
static void test_chance(void **state)
{
	static const char values[] = "01234567 x\0\0/.\x80\xff-LKxgS15";
	unsigned long rounds = rel_test_number("RELCTL_TEST_ROUNDS", 100);
	struct rel_chance chance;
	struct rel_buf bytes, doubts;

	rel_buf_init(&bytes, REL_MIB);
	rel_buf_init(&doubts, REL_MIB);
	for (unsigned long i = 0; i < rounds; i++) {
		char *gnu, *bsd;
		size_t n;

		rel_chance_seed(&chance, i);
		build(&bytes,
		      cases[rel_chance_below(&chance,
					     sizeof(cases) / sizeof(cases[0]))]
			  .pieces,
		      true);
		n = bytes.len / REL_TAR_BLOCK;
		for (uint32_t k = rel_chance_below(&chance, 3) + 1; k > 0;
		     k--) {
			struct rel_tar_block *b =
			    (void *)(bytes.ptr +
				     rel_chance_below(&chance, (uint32_t)n) *
					 REL_TAR_BLOCK);
			char *at = (char *)b + rel_chance_below(&chance, 500);

			if (b->name[0] == '\0' || !memchr(b->magic, 's', 4))
				continue;
			*at = values[rel_chance_below(&chance,
						      sizeof(values) - 1)];
			put_sum(b, 0);
		}
		rel_test_write(*state, "odd.tar", bytes.ptr, bytes.len);
		rel_buf_clear(&doubts);
		if (rel_archive_scan_memory(rel_buf_str(&bytes), NULL, note,
					    &doubts, NULL) != 0 ||
		    doubts.len > 0)
			continue;
		gnu = unpack(*state, "tar", "odd.tar");
		bsd = unpack(*state, "bsdtar", "odd.tar");
		if (strcmp(gnu, bsd) != 0)
			fail_msg("%lu is not doubted:\n%s\n%s", i, gnu, bsd);
		free(gnu);
		free(bsd);
	}
	rel_buf_free(&bytes);
	rel_buf_free(&doubts);
}

static int setup(void **state)
{
	*state = rel_test_dir_new();
	return 0;
}

static int teardown(void **state)
{
	free(rel_test_sh("chmod -R u+rwx '%s'", (char *)*state));
	rel_test_dir_free(*state);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_cases),
	    TEST(test_programs),
	    TEST(test_packing),
	    TEST(test_chance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
