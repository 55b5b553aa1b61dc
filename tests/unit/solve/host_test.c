#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/process.h"
#include "solve/environment.h"
#include "solve/host.h"
#include "support/support.h"

/* A made-up machine below `dir`: files in etc/, programs in bin/. */
static struct rel_host poll(const char *dir, const char *sysname,
			    const char *machine, unsigned long_bits,
			    struct rel_arena *arena)
{
	char *path = rel_test_text("relative::%s/bin", dir);
	struct rel_host_source source = {.root = dir,
					 .path = path,
					 .sysname = sysname,
					 .release = "14.1-RELEASE",
					 .machine = machine,
					 .long_bits = long_bits};
	struct rel_host host;

	assert_int_equal(rel_host_poll(&host, &source, arena, NULL), 0);
	free(path);
	return host;
}

static void program(const char *dir, const char *name, const char *script)
{
	char *file = rel_test_text("bin/%s", name);
	char *path = rel_test_text("%s/%s", dir, file);

	rel_test_write_text(dir, file, script);
	assert_int_equal(chmod(path, 0755), 0);
	free(path);
	free(file);
}

struct place {
	char *dir;
	struct rel_arena arena;
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return -1;
	place->dir = rel_test_dir_new();
	rel_arena_init(&place->arena, REL_LIMIT_ARENA);
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;

	rel_test_dir_free(place->dir);
	rel_arena_free(&place->arena);
	free(place);
	return 0;
}

/* The table of opamSysPoll.ml, normalise_arch and poll_arch. */
static void test_arch(void **state)
{
	static const struct {
		const char *machine;
		unsigned bits;
		const char *arch;
	} cases[] = {
	    {"x86_64", 64, "x86_64"},	{"amd64", 64, "x86_64"},
	    {"i686", 32, "x86_32"},	{"x86_64", 32, "x86_32"},
	    {"aarch64", 64, "arm64"},	{"aarch64", 32, "arm32"},
	    {"arm64", 64, "arm64"},	{"armv7l", 32, "arm32"},
	    {"armv8l", 32, "arm32"},	{"armv8x", 32, "armv8x"},
	    {"ppc64le", 64, "ppc64"},	{"ppc", 32, "ppc32"},
	    {"riscv64", 64, "riscv64"}, {"S390X", 64, "s390x"},
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(poll(place->dir, "Linux", cases[i].machine,
					 cases[i].bits, &place->arena)
					.arch,
				    cases[i].arch);
	assert_null(poll(place->dir, "Linux", "", 64, &place->arena).arch);
}

static void test_os_release(void **state)
{
	struct place *place = *state;
	struct rel_host host;

	rel_test_write_text(place->dir, "etc/os-release",
			    "# ID=comment\nNAME=\"Some Linux\"\n"
			    "ID=\"Rocky\"\nID=second\nVERSION_ID='9.3'\n"
			    "ID_LIKE=\"rhel centos fedora\"\n");
	host = poll(place->dir, "Linux", "x86_64", 64, &place->arena);
	assert_string_equal(host.os, "linux");
	assert_string_equal(host.os_distribution, "rocky");
	assert_string_equal(host.os_version, "9.3");
	assert_string_equal(host.os_family, "rhel");
}

static void test_lsb_release(void **state)
{
	struct place *place = *state;
	struct rel_host host;

	rel_test_write_text(place->dir, "usr/lib/os-release",
			    "ID=centos\nVERSION_ID=\"7\"\n");
	program(place->dir, "lsb_release",
		"#!/bin/sh\n[ \"$1 $2\" = '-s -r' ] && echo 7.9.2009\n");
	host = poll(place->dir, "Linux", "x86_64", 64, &place->arena);
	assert_string_equal(host.os_distribution, "centos");
	assert_string_equal(host.os_version, "7.9.2009");
	assert_string_equal(host.os_family, "centos");

	/* one that fails, or prints more than a line, says nothing */
	program(place->dir, "lsb_release", "#!/bin/sh\necho 8\nexit 1\n");
	host = poll(place->dir, "Linux", "x86_64", 64, &place->arena);
	assert_string_equal(host.os_version, "7");
	program(place->dir, "lsb_release", "#!/bin/sh\necho 8\necho 9\n");
	host = poll(place->dir, "Linux", "x86_64", 64, &place->arena);
	assert_string_equal(host.os_version, "7");
}

static void test_old_linux(void **state)
{
	struct place *place = *state;
	struct rel_host host;

	host = poll(place->dir, "Linux", "x86_64", 64, &place->arena);
	assert_string_equal(host.os_distribution, "linux");
	assert_string_equal(host.os_family, "linux");
	assert_null(host.os_version);
	rel_test_write_text(place->dir, "etc/issue", "Arch Linux \\r (\\l)\n");
	host = poll(place->dir, "Linux", "x86_64", 64, &place->arena);
	assert_string_equal(host.os_distribution, "arch");
}

static void test_others(void **state)
{
	struct place *place = *state;
	struct rel_host host;

	program(place->dir, "getprop", "#!/bin/sh\necho 13\n");
	host = poll(place->dir, "Linux", "aarch64", 64, &place->arena);
	assert_string_equal(host.os_distribution, "android");
	assert_string_equal(host.os_version, "13");
	assert_string_equal(host.os_family, "android");

	program(place->dir, "sw_vers", "#!/bin/sh\necho 14.5\n");
	host = poll(place->dir, "Darwin", "arm64", 64, &place->arena);
	assert_string_equal(host.os, "macos");
	assert_string_equal(host.os_distribution, "macos");
	assert_string_equal(host.os_version, "14.5");
	program(place->dir, "brew", "#!/bin/sh\nexit 1\n");
	host = poll(place->dir, "Darwin", "arm64", 64, &place->arena);
	assert_string_equal(host.os_distribution, "homebrew");
	assert_string_equal(host.os_family, "homebrew");

	host = poll(place->dir, "OpenBSD", "amd64", 64, &place->arena);
	assert_string_equal(host.os, "openbsd");
	assert_string_equal(host.os_distribution, "openbsd");
	assert_string_equal(host.os_family, "bsd");
	assert_string_equal(host.os_version, "14.1-release");
	host = poll(place->dir, "FreeBSD", "amd64", 64, &place->arena);
	assert_null(host.os_version); /* there is no uname here */
}

/* opam's own commands on the answers of three compilers, run by hand. */
static void test_ocaml(void **state)
{
	struct place *place = *state;
	struct rel_host host;

	host = poll(place->dir, "Linux", "x86_64", 64, &place->arena);
	assert_null(host.sys_ocaml_version);
	assert_string_equal(host.sys_ocaml_arch, "");
	assert_string_equal(host.sys_ocaml_libc, "");
	assert_string_equal(host.make, "make");

	program(place->dir, "ocamlc",
		"#!/bin/sh\ncase $1 in\n-vnum) echo 4.14.1+X ;;\n"
		"-config) printf 'version: 4.14.1\\nccomp_type: cc\\n"
		"architecture: amd64\\nsystem: linux\\nos_type: Unix\\n' ;;\n"
		"esac\n");
	host = poll(place->dir, "FreeBSD", "amd64", 64, &place->arena);
	assert_string_equal(host.sys_ocaml_version, "4.14.1+X");
	assert_string_equal(host.sys_ocaml_system, "linux");
	assert_string_equal(host.sys_ocaml_arch, "x86_64");
	assert_string_equal(host.sys_ocaml_cc, "cc");
	assert_string_equal(host.sys_ocaml_libc, "libc");
	assert_string_equal(host.make, "gmake");

	program(place->dir, "ocamlc",
		"#!/bin/sh\n[ $1 = -vnum ] && exit 2\n"
		"printf 'architecture: i386\\nos_type: Win32\\n'\n");
	host = poll(place->dir, "Linux", "x86_64", 64, &place->arena);
	assert_null(host.sys_ocaml_version);
	assert_string_equal(host.sys_ocaml_arch, "i686");
	assert_string_equal(host.sys_ocaml_libc, "msvc");
	assert_string_equal(host.sys_ocaml_system, "");
}

/* The compiler of a switch is none of the system. */
static void test_switch(void **state)
{
	struct place *place = *state;
	char *path = rel_test_text("%s/bin:%s/usr", place->dir, place->dir);
	struct rel_host_source source = {.root = place->dir,
					 .path = path,
					 .prefix = place->dir,
					 .sysname = "Linux",
					 .release = "",
					 .machine = "x86_64",
					 .long_bits = 64};
	struct rel_host host;

	program(place->dir, "ocamlc", "#!/bin/sh\necho 5.2.0\n");
	assert_int_equal(rel_host_poll(&host, &source, &place->arena, NULL), 0);
	assert_null(host.sys_ocaml_version);
	source.prefix = NULL;
	assert_int_equal(rel_host_poll(&host, &source, &place->arena, NULL), 0);
	assert_string_equal(host.sys_ocaml_version, "5.2.0");
	free(path);
}

/* Run opam with a root below `dir`; its output, trimmed, in the arena. */
static const char *opam(struct place *place, const char *const argv[])
{
	char *root = rel_test_text("OPAMROOT=%s/root", place->dir);
	char *home = rel_test_text("HOME=%s", place->dir);
	const char *env[] = {root, home, "OPAMROOTISOK=1", "OPAMYES=1", NULL};
	struct rel_buf out, diagnostics;
	const char *text = NULL;
	int status, ret;

	rel_buf_init(&out, REL_MIB);
	rel_buf_init(&diagnostics, REL_MIB);
	ret = rel_process_run(argv, place->dir, env, REL_STR(""), &out,
			      &diagnostics, &status, NULL, NULL);
	if (ret == 0 && status == 0)
		text = rel_arena_copy(&place->arena,
				      rel_str_trim(rel_buf_str(&out)));
	else if (ret == 0)
		fail_msg("opam %s: %s", argv[1], diagnostics.ptr);
	rel_buf_free(&out);
	rel_buf_free(&diagnostics);
	free(root);
	free(home);
	return text;
}

/* opam itself is the judge of this machine. */
static void test_this_machine(void **state)
{
	static const char *const init[] = {"opam",
					   "init",
					   "--bare",
					   "--no-setup",
					   "--disable-sandboxing",
					   "--kind",
					   "local",
					   "default",
					   "./repository",
					   NULL};
	struct place *place = *state;
	struct rel_environment host;

	rel_test_write_text(place->dir, "repository/repo",
			    "opam-version: \"2.0\"\n");
	rel_test_write_text(place->dir, "repository/packages/.keep", "");
	if (!opam(place, init)) {
		print_message("SKIPPED: there is no opam to compare with\n");
		skip();
	}
	assert_int_equal(rel_environment_host(&host, &place->arena, NULL), 0);
	assert_true(host.n_values >= 11);
	for (size_t i = 0; i < host.n_values; i++) {
		const char *argv[] = {"opam", "var", "--global",
				      host.values[i].name, NULL};

		/* the second is there since 2.2 */
		if (strcmp(host.values[i].name, "opam-version") == 0 ||
		    strcmp(host.values[i].name, "sys-ocaml-system") == 0)
			continue;
		assert_string_equal(host.values[i].value, opam(place, argv));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_arch, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_os_release, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_lsb_release, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_old_linux, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_others, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ocaml, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_switch, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_this_machine, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
