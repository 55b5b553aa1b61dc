/* What is written is read by the real tar and its compressors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>

#include "archive/write.h"
#include "base/limits.h"
#include "support/shell.h"
#include "support/support.h"

#define N_FORMATS 5

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

/* A sink into a buffer that fails once `room` bytes are in. */
struct taker {
	struct rel_buf buf;
	size_t room;
	unsigned after_failure;
	bool failed;
};

static int take(void *context, const void *ptr, size_t len,
		struct rel_error *err)
{
	struct taker *taker = context;

	if (taker->failed)
		taker->after_failure++;
	if (taker->buf.len + len > taker->room) {
		taker->failed = true;
		return rel_fail(err, REL_EIO, "no room");
	}
	assert_int_equal(rel_buf_add(&taker->buf, ptr, len), 0);
	return 0;
}

static struct rel_sink sink_of(struct taker *taker)
{
	*taker = (struct taker){.room = SIZE_MAX};
	rel_buf_init(&taker->buf, REL_GIB);
	return (struct rel_sink){take, taker};
}

static void check(int code, const struct rel_error *err)
{
	if (code != 0)
		fail_msg("%d %s", code, err->text);
}

struct item {
	const char *path;
	enum rel_archive_kind kind;
	unsigned mode;
	const char *text; /* content or target */
};

static char *repeat(char c, size_t n)
{
	char *text = malloc(n + 1);

	assert_non_null(text);
	memset(text, c, n);
	text[n] = '\0';
	return text;
}

static void put_item(struct rel_archive_writer *writer, const struct item *item)
{
	struct rel_str text = rel_str_of(item->text ? item->text : "");
	bool file = item->kind == REL_ARCHIVE_FILE;
	struct rel_archive_entry entry = {
	    .path = rel_str_of(item->path),
	    .kind = item->kind,
	    .mode = item->mode,
	    .size = file ? text.len : 0,
	    .mtime = 1234567890,
	    .target = file ? rel_str_n("", 0) : text,
	};
	struct rel_error err = {0};

	check(rel_archive_write_entry(writer, &entry, &err), &err);
	if (file)
		check(rel_archive_write_data(writer, text.ptr, text.len, &err),
		      &err);
}

static void write_items(const struct rel_sink *sink, const struct rel_sink *tap,
			enum rel_archive_format format,
			const struct item *items, size_t n)
{
	struct rel_archive_writer *writer = NULL;
	struct rel_error err = {0};

	check(rel_archive_write_open(&writer, format, sink, tap, NULL, &err),
	      &err);
	for (size_t i = 0; i < n; i++)
		put_item(writer, &items[i]);
	check(rel_archive_write_close(writer, &err), &err);
}

static const struct item SMALL[] = {
    {"a-1", REL_ARCHIVE_DIR, 0775, NULL},
    {"a-1/bin", REL_ARCHIVE_DIR, 0775, NULL},
    {"a-1/bin/run", REL_ARCHIVE_FILE, 0775, "#!/bin/sh\n"},
    {"a-1/empty", REL_ARCHIVE_FILE, 0664, ""},
    {"a-1/hard", REL_ARCHIVE_HARDLINK, 0664, "a-1/empty"},
    {"a-1/link", REL_ARCHIVE_SYMLINK, 0777, "bin/run"},
    {"a-1/\xc3\xa9t\xc3\xa9", REL_ARCHIVE_FILE, 0664, "unicode\n"},
};
#define N_SMALL (sizeof(SMALL) / sizeof(SMALL[0]))

static void test_listing(void **state)
{
	static const char *const EXPECTED =
	    "drwxrwxr-x 0/0 0 2009-02-13 23:31:30 a-1/\n"
	    "drwxrwxr-x 0/0 0 2009-02-13 23:31:30 a-1/bin/\n"
	    "-rwxrwxr-x 0/0 10 2009-02-13 23:31:30 a-1/bin/run\n"
	    "-rw-rw-r-- 0/0 0 2009-02-13 23:31:30 a-1/empty\n"
	    "hrw-rw-r-- 0/0 0 2009-02-13 23:31:30 a-1/hard link to a-1/empty\n"
	    "lrwxrwxrwx 0/0 0 2009-02-13 23:31:30 a-1/link -> bin/run\n"
	    "-rw-rw-r-- 0/0 8 2009-02-13 23:31:30 a-1/\xc3\xa9t\xc3\xa9";
	char *listing;

	(void)state;
	for (int i = 0; i < N_FORMATS; i++) {
		enum rel_archive_format format = (enum rel_archive_format)i;
		const char *name = rel_archive_format_name(format);
		struct taker taker, tap;
		struct rel_sink sink = sink_of(&taker), tapped = sink_of(&tap);
		char *file = rel_test_text("x.%s", name);

		write_items(&sink, &tapped, format, SMALL, N_SMALL);
		rel_test_write(dir, file, taker.buf.ptr, taker.buf.len);
		rel_test_write(dir, "tapped", tap.buf.ptr, tap.buf.len);
		listing = rel_test_sh(
		    "cd %s && TZ=UTC tar --full-time --quoting-style=literal "
		    "--numeric-owner -tvf %s | tr -s ' '",
		    dir, file);
		assert_string_equal(listing, EXPECTED);
		free(listing);
		/* The tap has what was compressed. */
		assert_int_equal(
		    rel_test_sh_status("cd %s && case %s in *.tbz) bzip2 -dc;; "
				       "*.gz) gzip -dc;; *.xz) xz -dc;; "
				       "*.zst) zstd -dc;; *) cat;; esac "
				       "< %s | cmp - tapped",
				       dir, file, file),
		    0);
		rel_buf_free(&taker.buf);
		rel_buf_free(&tap.buf);
		free(file);
	}
}

/* The gzip header has neither name nor time (RFC 1952, 2.3). */
static void test_gzip_header(void **state)
{
	static const unsigned char START[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0};
	struct taker taker;
	struct rel_sink sink = sink_of(&taker);

	(void)state;
	write_items(&sink, NULL, REL_ARCHIVE_TAR_GZ, SMALL, N_SMALL);
	assert_memory_equal(taker.buf.ptr, START, sizeof(START));
	rel_buf_free(&taker.buf);
}

/* Names at and over every border come back from tar as they went in. */
static void test_long_names(void **state)
{
	static const size_t LENGTHS[] = {1,   99,  100, 101, 150,
					 155, 156, 254, 255, 256};
	size_t n = sizeof(LENGTHS) / sizeof(LENGTHS[0]);

	(void)state;
	for (size_t i = 0; i < n * n; i++) {
		char *a = repeat('a', LENGTHS[i / n]);
		char *b = repeat('b', LENGTHS[i % n]);
		char *path = rel_test_text("%s/%s", a, b);
		const struct item items[] = {
		    {a, REL_ARCHIVE_DIR, 0755, NULL},
		    {path, REL_ARCHIVE_FILE, 0644, "text"},
		    {b, REL_ARCHIVE_SYMLINK, 0777, path}};
		struct taker taker;
		struct rel_sink sink = sink_of(&taker);
		char *expected =
		    rel_test_text("%s/\n%s\n%s -> %s", a, path, b, path);
		char *listing;

		write_items(&sink, NULL, REL_ARCHIVE_TAR, items, 3);
		rel_test_write(dir, "x.tar", taker.buf.ptr, taker.buf.len);
		listing = rel_test_sh("cd %s && tar -tvf x.tar | "
				      "sed 's/^.*:[0-9][0-9] //'",
				      dir);
		assert_string_equal(listing, expected);
		/* pax headers only where nothing else will do */
		if (strlen(path) <= 100)
			assert_null(memmem(taker.buf.ptr, taker.buf.len,
					   "PaxHeader", 9));
		rel_buf_free(&taker.buf);
		free(listing);
		free(expected);
		free(path);
		free(b);
		free(a);
	}
}

/* More than eleven octal digits: tar lists the member, then misses bytes. */
static void test_big_numbers(void **state)
{
	struct rel_archive_entry entry = {.path = REL_STR("big"),
					  .kind = REL_ARCHIVE_FILE,
					  .mode = 0644,
					  .size = 9 * REL_GIB,
					  .mtime = 9000000000};
	struct rel_archive_writer *writer = NULL;
	struct rel_error err = {0};
	struct taker taker;
	struct rel_sink sink = sink_of(&taker);
	char *zeros = calloc(1, REL_MIB), *listing;

	(void)state;
	assert_non_null(zeros);
	check(rel_archive_write_open(&writer, REL_ARCHIVE_TAR, &sink, NULL,
				     NULL, &err),
	      &err);
	check(rel_archive_write_entry(writer, &entry, &err), &err);
	check(rel_archive_write_data(writer, zeros, REL_MIB, &err), &err);
	assert_int_equal(rel_archive_write_close(writer, &err), REL_EUSAGE);
	rel_test_write(dir, "x.tar", taker.buf.ptr, taker.buf.len);
	listing = rel_test_sh("cd %s && TZ=UTC tar --full-time -tvf x.tar "
			      "2>/dev/null | tr -s ' ' || true",
			      dir);
	assert_string_equal(
	    listing, "-rw-r--r-- 0/0 9663676416 2255-03-14 16:00:00 big");
	free(listing);
	free(zeros);
	rel_buf_free(&taker.buf);
}

/* The bytes of another locale, time zone, umask and time are the same. */
static void test_same_bytes(void **state)
{
	(void)state;
	for (int i = 0; i < N_FORMATS; i++) {
		struct taker one, two;
		struct rel_sink first = sink_of(&one), second = sink_of(&two);

		write_items(&first, NULL, (enum rel_archive_format)i, SMALL,
			    N_SMALL);
		assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
		assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
		write_items(&second, NULL, (enum rel_archive_format)i, SMALL,
			    N_SMALL);
		setlocale(LC_ALL, "C");
		unsetenv("TZ");
		assert_int_equal(one.buf.len, two.buf.len);
		assert_memory_equal(one.buf.ptr, two.buf.ptr, one.buf.len);
		rel_buf_free(&one.buf);
		rel_buf_free(&two.buf);
	}
}

static int write_noise(const struct rel_sink *sink,
		       enum rel_archive_format format, struct rel_error *err)
{
	struct rel_archive_entry entry = {.path = REL_STR("noise"),
					  .kind = REL_ARCHIVE_FILE,
					  .mode = 0644,
					  .size = 400 * 1000};
	struct rel_archive_writer *writer = NULL;
	uint32_t bytes[1000], seed = 1;
	int code;

	check(rel_archive_write_open(&writer, format, sink, NULL, NULL, err),
	      err);
	code = rel_archive_write_entry(writer, &entry, err);
	for (int i = 0; code == 0 && i < 100; i++) {
		for (int k = 0; k < 1000; k++)
			bytes[k] = seed = seed * 1664525u + 1013904223u;
		code =
		    rel_archive_write_data(writer, bytes, sizeof(bytes), err);
	}
	return rel_archive_write_close(writer, code == 0 ? err : NULL);
}

/* A sink that fails at any point: told, and never asked again. */
static void test_failing_sink(void **state)
{
	(void)state;
	for (int i = 0; i < N_FORMATS; i++) {
		enum rel_archive_format format = (enum rel_archive_format)i;

		for (size_t room = 0;; room += 65536) {
			struct rel_error err = {0};
			struct taker taker;
			struct rel_sink sink = sink_of(&taker);
			int code;

			taker.room = room;
			code = write_noise(&sink, format, &err);
			rel_buf_free(&taker.buf);
			assert_int_equal(taker.after_failure, 0);
			if (!taker.failed) {
				assert_int_equal(code, 0);
				break;
			}
			assert_int_equal(code, REL_EIO);
			assert_string_equal(err.text, "no room");
		}
	}
}

static void test_misuse(void **state)
{
	static const struct rel_archive_entry BAD[] = {
	    {.path = REL_STR("../x"), .kind = REL_ARCHIVE_FILE},
	    {.path = REL_STR("/x"), .kind = REL_ARCHIVE_FILE},
	    {.path = REL_STR(""), .kind = REL_ARCHIVE_DIR},
	    {.path = REL_STR("x"), .kind = REL_ARCHIVE_SYMLINK},
	    {.path = REL_STR("x"), .kind = REL_ARCHIVE_OTHER},
	};

	(void)state;
	for (size_t i = 0; i <= sizeof(BAD) / sizeof(BAD[0]); i++) {
		struct rel_archive_writer *writer = NULL;
		struct rel_error err = {0};
		struct taker taker;
		struct rel_sink sink = sink_of(&taker);
		int code;

		check(rel_archive_write_open(&writer, REL_ARCHIVE_TBZ, &sink,
					     NULL, NULL, &err),
		      &err);
		code = i < sizeof(BAD) / sizeof(BAD[0])
			   ? rel_archive_write_entry(writer, &BAD[i], &err)
			   : rel_archive_write_data(writer, "x", 1, &err);
		assert_int_equal(code, REL_EUSAGE);
		assert_int_equal(rel_archive_write_close(writer, &err),
				 REL_EUSAGE);
		rel_buf_free(&taker.buf);
	}
}

static void test_format_names(void **state)
{
	static const struct {
		const char *name;
		int format; /* -1: none */
	} CASES[] = {
	    {"tbz", REL_ARCHIVE_TBZ},
	    {"a-1.tar.bz2", REL_ARCHIVE_TBZ},
	    {"a-1.tgz", REL_ARCHIVE_TAR_GZ},
	    {"tar.gz", REL_ARCHIVE_TAR_GZ},
	    {"a.tar.xz", REL_ARCHIVE_TAR_XZ},
	    {"a.tar.zst", REL_ARCHIVE_TAR_ZST},
	    {"a.tar", REL_ARCHIVE_TAR},
	    {"a.zip", -1},
	    {"atbz", -1},
	    {"", -1},
	};
	enum rel_archive_format format;

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		bool found =
		    rel_archive_format_of(&format, rel_str_of(CASES[i].name));

		assert_int_equal(found ? (int)format : -1, CASES[i].format);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_listing, set_up, tear_down),
	    cmocka_unit_test(test_gzip_header),
	    cmocka_unit_test_setup_teardown(test_long_names, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_big_numbers, set_up,
					    tear_down),
	    cmocka_unit_test(test_same_bytes),
	    cmocka_unit_test(test_failing_sink),
	    cmocka_unit_test(test_misuse),
	    cmocka_unit_test(test_format_names),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
