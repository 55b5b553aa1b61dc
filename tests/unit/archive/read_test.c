/* Archives are made by the real tar and its compressors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/read.h"
#include "base/limits.h"
#include "base/process.h"
#include "support/support.h"

static char *dir; /* of the running test */

static int set_up(void **state)
{
	(void)state;
	dir = rel_test_dir_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rel_test_dir_free(dir);
	return 0;
}

static void shell(const char *script)
{
	const char *argv[] = {"sh", "-ec", script, NULL};
	const char *env[] = {"LC_ALL=C", "TAR_OPTIONS", NULL};
	struct rel_error err = {0};
	int status = -1;

	if (rel_process_run(argv, dir, env, REL_STR(""), NULL, NULL, &status,
			    NULL, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(status, 0);
}

static struct rel_archive *open_name(const char *name,
				     const struct rel_archive_limits *limits)
{
	char *path = rel_test_text("%s/%s", dir, name);
	struct rel_archive *archive = NULL;
	struct rel_error err = {0};

	if (rel_archive_open_path(&archive, path, limits, NULL, &err) != 0)
		fail_msg("%s", err.text);
	free(path);
	return archive;
}

/*
 * One line per member: kind, mode, path, " -> target", " = content".
 * Returns the result of the walk.
 */
struct listing {
	struct rel_buf text;
	bool with_content;
};

static int list_member(void *context, const struct rel_archive_member *member,
		       struct rel_archive *archive, struct rel_error *err)
{
	struct listing *listing = context;
	struct rel_buf *out = &listing->text;

	rel_buf_printf(out, "%c %03o %.*s", "fdsho"[member->kind],
		       member -> mode, REL_STR_ARG(member->path));
	if (member->target.len > 0)
		rel_buf_printf(out, " -> %.*s", REL_STR_ARG(member->target));
	if (member->kind == REL_ARCHIVE_FILE) {
		rel_buf_printf(out, " = ");
		if (listing->with_content) {
			int code = rel_archive_content(out, archive, err);

			if (code != 0)
				return code;
		}
	}
	rel_buf_add_char(out, '\n');
	return rel_buf_status(out, "listing", err);
}

static int walk(struct listing *out, const char *name,
		const struct rel_archive_limits *limits, struct rel_error *err)
{
	char *path = rel_test_text("%s/%s", dir, name);
	struct rel_archive *archive = NULL;
	int code = rel_archive_open_path(&archive, path, limits, NULL, err);

	rel_buf_init(&out->text, 16 * REL_MIB);
	if (code == 0)
		code = rel_archive_each(archive, list_member, out, err);
	rel_archive_close(archive);
	free(path);
	return code;
}

static void assert_listing(const char *name, const char *expected)
{
	struct listing listing = {.with_content = true};
	struct rel_error err = {0};

	if (walk(&listing, name, NULL, &err) != 0)
		fail_msg("%s: %s", name, err.text);
	assert_string_equal(rel_buf_str(&listing.text).ptr, expected);
	rel_buf_free(&listing.text);
}

static void assert_refused(const char *name,
			   const struct rel_archive_limits *limits, int code,
			   const char *text)
{
	struct listing listing = {.with_content = false};
	struct rel_error err = {0};

	assert_int_equal(walk(&listing, name, limits, &err), code);
	if (!strstr(err.text, text))
		fail_msg("%s: \"%s\" lacks \"%s\"", name, err.text, text);
	assert_non_null(strstr(err.path, name));
	rel_buf_free(&listing.text);
}

static void make_tree(void)
{
	shell("umask 022; mkdir -p packages/a/a.1; echo one >version;"
	      "printf 'opam-version: \"2.0\"' >packages/a/a.1/opam;"
	      "chmod 755 packages/a/a.1/opam");
}

#define TREE                      \
	"f 644 version = one\n\n" \
	"d 755 packages\n"        \
	"d 755 packages/a\n"      \
	"d 755 packages/a/a.1\n"  \
	"f 755 packages/a/a.1/opam = opam-version: \"2.0\"\n"

static void test_compressions(void **state)
{
	(void)state;
	make_tree();
	shell("tar cf a.tar version packages; tar czf a.gz version packages;"
	      "tar cjf a.bz2 version packages; tar cJf a.xz version packages;"
	      "tar --zstd -cf a.zst version packages");
	assert_listing("a.tar", TREE);
	assert_listing("a.gz", TREE);
	assert_listing("a.bz2", TREE);
	assert_listing("a.xz", TREE);
	assert_listing("a.zst", TREE);
}

static void test_dot_prefix(void **state)
{
	(void)state;
	make_tree();
	shell("tar czf a.gz ./version ././packages;"
	      "mkdir e; tar czf root.gz -C e .");
	assert_listing("a.gz", TREE);
	assert_listing("root.gz", "");
}

static void test_formats(void **state)
{
	(void)state;
	make_tree();
	shell("for f in v7 ustar oldgnu gnu pax; do"
	      " tar --format=$f -czf $f.gz version packages; done");
	assert_listing("v7.gz", TREE);
	assert_listing("ustar.gz", TREE);
	assert_listing("oldgnu.gz", TREE);
	assert_listing("gnu.gz", TREE);
	assert_listing("pax.gz", TREE);
}

static void test_long_names(void **state)
{
	char name[151], *expected;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	shell("n=$(printf '%0150d' 0 | tr 0 n); umask 022; mkdir $n;"
	      "echo x >$n/$n; ln -s $n/$n s; touch -d 1999-01-01 $n;"
	      "for f in gnu pax; do"
	      " tar --format=$f --mode=644 -czf $f.gz $n/$n s; done");
	expected = rel_test_text("f 644 %s/%s = x\n\ns 644 s -> %s/%s\n", name,
				 name, name, name);
	assert_listing("gnu.gz", expected);
	assert_listing("pax.gz", expected);
	free(expected);
}

/* In the C locale libarchive warns that it cannot convert such names. */
static void test_utf8_names(void **state)
{
	(void)state;
	shell("umask 022; echo x >$(printf 'n\\303\\251');"
	      "ln -s $(printf 'n\\303\\251') l;"
	      "for f in gnu pax ustar; do"
	      " tar --format=$f --mode=644 -czf $f.gz n* l; done");
#define NAMES "f 644 n\303\251 = x\n\ns 644 l -> n\303\251\n"
	for (int i = 0; i < 2; i++) {
		assert_listing("gnu.gz", NAMES);
		assert_listing("pax.gz", NAMES);
		assert_listing("ustar.gz", NAMES);
		assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	}
	setlocale(LC_ALL, "C");
}

static void test_links(void **state)
{
	(void)state;
	shell("umask 022; echo x >f; ln f h; ln -s ../../etc/passwd up;"
	      "ln -s /etc/passwd abs; ln -s d/../f in; mkfifo fifo;"
	      "tar --mode=644 -czf a.gz f ./h up abs in fifo");
	assert_listing("a.gz", "f 644 f = x\n\n"
			       "h 644 h -> f\n"
			       "s 644 up -> ../../etc/passwd\n"
			       "s 644 abs -> /etc/passwd\n"
			       "s 644 in -> d/../f\n"
			       "o 644 fifo\n");
}

static void test_unsafe_names(void **state)
{
	(void)state;
	shell("mkdir d; echo x >f; cd d; P='tar -P -czf';"
	      "$P ../up.gz ../f; $P ../abs.gz $PWD/../f;"
	      "$P ../mid.gz --transform s,f,a/../f, -C .. f;"
	      "$P ../back.gz --transform 's,f,a\\\\f,' -C .. f;"
	      "ln ../f ../g;"
	      "$P ../hard.gz --transform 's,^f,../f,RSh' -C .. f g");
	assert_refused("up.gz", NULL, REL_EPARSE,
		       "unsafe member name: \"../f\"");
	assert_refused("abs.gz", NULL, REL_EPARSE, "unsafe member name: \"/");
	assert_refused("mid.gz", NULL, REL_EPARSE, "\"a/../f\"");
	assert_refused("back.gz", NULL, REL_EPARSE, "\"a\\f\"");
	assert_refused("hard.gz", NULL, REL_EPARSE,
		       "unsafe hard link target: \"../f\"");
}

static void test_not_archives(void **state)
{
	(void)state;
	shell(": >empty; echo '<html>sorry</html>' >html; echo x | gzip >gz;"
	      "head -c 4096 /dev/zero | tr '\\0' A >text");
	for (size_t i = 0; i < 4; i++) {
		static const char *const NAMES_OF[] = {"empty", "html", "gz",
						       "text"};

		assert_refused(NAMES_OF[i], NULL, REL_EPARSE,
			       "damaged archive");
	}
}

static void test_empty_archive(void **state)
{
	(void)state;
	shell("tar czf a.gz -T /dev/null; tar cf a.tar -T /dev/null");
	assert_listing("a.gz", "");
	assert_listing("a.tar", "");
}

/* Cut at every 397th byte: an error or the end, never the whole. */
static void test_truncated(void **state)
{
	static const char *const KINDS[] = {"gz", "bz2", "xz", "zst"};

	(void)state;
	make_tree();
	shell("head -c 30000 /dev/urandom >big;"
	      "tar czf a.gz version packages big; gunzip -c a.gz >a.tar;"
	      "bzip2 -c a.tar >a.bz2; xz -c a.tar >a.xz; zstd -q a.tar");
	for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
		char *name = rel_test_text("%s/a.%s", dir, KINDS[i]);
		size_t len = 0;
		char *bytes;

		if (strcmp(KINDS[i], "zst") == 0) {
			free(name);
			name = rel_test_text("%s/a.tar.zst", dir);
		}
		bytes = rel_test_read(name, &len);
		assert_non_null(bytes);
		for (size_t cut = 0; cut < len - 600; cut += 397) {
			rel_test_write(dir, "cut", bytes, cut);
			assert_refused("cut", NULL, REL_EPARSE,
				       "damaged archive");
		}
		free(bytes);
		free(name);
	}
}

static void test_flipped(void **state)
{
	size_t len = 0;
	char *path, *bytes;

	(void)state;
	make_tree();
	shell("tar cf a.tar version packages");
	path = rel_test_text("%s/a.tar", dir);
	bytes = rel_test_read(path, &len);
	bytes[1024] ^= 1; /* the second member's name */
	rel_test_write(dir, "flip", bytes, len);
	assert_refused("flip", NULL, REL_EPARSE, "damaged archive");
	free(bytes);
	free(path);
}

static void test_member_cap(void **state)
{
	struct rel_archive_limits limits = {.max_members = 4};

	(void)state;
	make_tree();
	shell("tar czf a.gz version packages");
	assert_refused("a.gz", &limits, REL_ELIMIT, "more than 4 members");
}

/* Skipping must not run to the end of what a bomb unpacks to. */
static void test_bomb_announced(void **state)
{
	(void)state;
	shell("truncate -s 3G zero;"
	      "{ tar cf - zero | head -c 512;"
	      " head -c 1M /dev/zero; } | gzip >a.gz;"
	      "tar cSzf sparse.gz zero; rm zero");
	assert_refused("a.gz", NULL, REL_ELIMIT,
		       "unpacks to more than 2147483648 bytes");
	assert_refused("sparse.gz", NULL, REL_ELIMIT, "unpacks to more than");
}

static void test_bomb_ratio(void **state)
{
	struct rel_archive_limits small = {.max_bytes = 3 * REL_MIB};
	struct listing listing = {.with_content = true};
	struct rel_error err = {0};

	(void)state;
	shell("head -c 40M /dev/zero >zero; tar cf a.tar zero;"
	      "gzip -c a.tar >a.gz; zstd -q -c a.tar >a.zst; rm zero");
	assert_refused("a.gz", NULL, REL_ELIMIT,
		       "unpacks to more than 200 times its size");
	assert_refused("a.zst", NULL, REL_ELIMIT, "200 times");
	assert_int_equal(walk(&listing, "a.gz", NULL, &err), REL_ELIMIT);
	rel_buf_free(&listing.text);
	assert_refused("a.gz", &small, REL_ELIMIT,
		       "unpacks to more than 3145728 bytes");
	/* The same bytes unpacked are no bomb, nor are a few of them. */
	listing.with_content = false;
	assert_int_equal(walk(&listing, "a.tar", NULL, &err), 0);
	rel_buf_free(&listing.text);
	shell("head -c 8M /dev/zero >zero; tar czf few.gz zero; rm zero");
	assert_int_equal(walk(&listing, "few.gz", NULL, &err), 0);
	rel_buf_free(&listing.text);
}

/* Many small members announce nothing alarming one by one. */
static void test_bytes_add_up(void **state)
{
	struct rel_archive_limits limits = {.max_bytes = 100000};

	(void)state;
	shell("mkdir d; for i in 1 2 3 4 5 6 7 8; do"
	      " head -c 15000 /dev/urandom >d/$i; done; tar czf a.gz d");
	assert_refused("a.gz", &limits, REL_ELIMIT,
		       "unpacks to more than 100000 bytes");
}

static void test_sparse(void **state)
{
	struct rel_archive_member member;
	struct rel_archive *archive;
	struct rel_error err = {0};
	struct rel_str chunk;
	uint64_t at = 0;
	char seen = 0;

	(void)state;
	shell("truncate -s 150000 s; printf X |"
	      " dd of=s bs=1 seek=100000 conv=notrunc 2>/dev/null;"
	      "tar cSf a.tar s");
	archive = open_name("a.tar", NULL);
	assert_int_equal(rel_archive_next(&member, archive, &err), 1);
	assert_int_equal(member.size, 150000);
	while (rel_archive_chunk(&chunk, archive, &err) == 1) {
		for (size_t i = 0; i < chunk.len; i++, at++) {
			if (at == 100000)
				seen = chunk.ptr[i];
			else
				assert_int_equal(chunk.ptr[i], 0);
		}
	}
	assert_int_equal(at, 150000);
	assert_int_equal(seen, 'X');
	assert_int_equal(rel_archive_next(&member, archive, &err), 0);
	rel_archive_close(archive);
}

static void test_content_cap(void **state)
{
	struct rel_archive_member member;
	struct rel_archive *archive;
	struct rel_error err = {0};
	struct rel_buf small;

	(void)state;
	shell("echo too long >a; echo ok >b; tar czf a.gz a b");
	archive = open_name("a.gz", NULL);
	rel_buf_init(&small, 4);
	assert_int_equal(rel_archive_next(&member, archive, &err), 1);
	assert_int_equal(rel_archive_content(&small, archive, &err),
			 REL_ELIMIT);
	assert_int_equal(rel_archive_next(&member, archive, &err), 1);
	assert_int_equal(rel_archive_content(&small, archive, &err), 0);
	assert_string_equal(small.ptr, "ok\n");
	assert_int_equal(rel_archive_next(&member, archive, &err), 0);
	rel_buf_free(&small);
	rel_archive_close(archive);
}

static void test_fd_and_memory(void **state)
{
	struct rel_archive_member member;
	struct rel_archive *archive;
	struct rel_error err = {0};
	size_t len = 0;
	char *path, *bytes;
	int fd;

	(void)state;
	make_tree();
	shell("tar czf a.gz version");
	path = rel_test_text("%s/a.gz", dir);
	bytes = rel_test_read(path, &len);
	assert_int_equal(rel_archive_open_memory(&archive,
						 rel_str_n(bytes, len), "mem",
						 NULL, NULL, &err),
			 0);
	assert_int_equal(rel_archive_next(&member, archive, &err), 1);
	assert_true(rel_str_is(member.path, "version"));
	rel_archive_close(archive);

	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(
	    rel_archive_open_fd(&archive, fd, "fd", NULL, NULL, &err), 0);
	assert_int_equal(rel_archive_next(&member, archive, &err), 1);
	assert_true(rel_str_is(member.path, "version"));
	rel_archive_close(archive);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
	free(bytes);
	free(path);
}

static void test_open_errors(void **state)
{
	struct rel_archive *archive;
	struct rel_error err = {0};
	char *path = rel_test_text("%s/none", dir);

	(void)state;
	assert_int_equal(
	    rel_archive_open_path(&archive, path, NULL, NULL, &err),
	    REL_ENOTFOUND);
	assert_null(archive);
	assert_int_equal(rel_archive_open_path(&archive, dir, NULL, NULL, &err),
			 REL_EIO);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(
	    rel_archive_open_path(&archive, path, NULL, NULL, &err), REL_EIO);
	assert_int_equal(
	    rel_archive_open_fd(&archive, 1000000, "bad", NULL, NULL, &err),
	    REL_EIO);
	assert_null(archive);
	rel_archive_close(NULL);
	free(path);
}

static void test_cancel(void **state)
{
	struct rel_cancel cancel = {.signal = 0};
	struct rel_archive_member member;
	struct rel_archive *archive;
	struct rel_error err = {0};
	char *path;

	(void)state;
	make_tree();
	shell("tar czf a.gz version packages");
	path = rel_test_text("%s/a.gz", dir);
	assert_int_equal(
	    rel_archive_open_path(&archive, path, NULL, &cancel, &err), 0);
	assert_int_equal(rel_archive_next(&member, archive, &err), 1);
	atomic_store(&cancel.signal, 15);
	assert_int_equal(rel_archive_next(&member, archive, &err),
			 REL_ECANCELLED);
	assert_int_equal(rel_archive_next(&member, archive, &err),
			 REL_ECANCELLED);
	rel_archive_close(archive);
	free(path);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_compressions),   CASE(test_dot_prefix),
	    CASE(test_formats),	       CASE(test_long_names),
	    CASE(test_utf8_names),     CASE(test_links),
	    CASE(test_unsafe_names),   CASE(test_not_archives),
	    CASE(test_empty_archive),  CASE(test_truncated),
	    CASE(test_flipped),	       CASE(test_member_cap),
	    CASE(test_bomb_announced), CASE(test_bomb_ratio),
	    CASE(test_bytes_add_up),   CASE(test_sparse),
	    CASE(test_content_cap),    CASE(test_fd_and_memory),
	    CASE(test_open_errors),    CASE(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
