#include "solve/host.h"

#include <ctype.h>
#include <errno.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/process.h"
#include "solve/environment.h"

/* One poll: what was read stays for the next question. */
struct poll {
	const struct rel_host_source *source;
	struct rel_arena *arena;
	struct rel_buf os_release; /* empty when there is none */
	bool nomem;
};

/* Lower case in the arena, NULL for the empty text. */
static const char *norm(struct poll *poll, struct rel_str text)
{
	char *copy;

	if (text.len == 0)
		return NULL;
	copy = rel_arena_copy(poll->arena, text);
	if (!copy)
		poll->nomem = true;
	for (char *c = copy; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

/* `out` is as it was when the file cannot be read. */
static bool read_below(struct poll *poll, struct rel_buf *out, const char *path)
{
	struct rel_buf full;
	int ret;

	rel_buf_init(&full, REL_LIMIT_CONFIG_BYTES);
	rel_buf_add_cstr(&full, poll->source->root);
	rel_buf_add_cstr(&full, path);
	ret = rel_buf_status(&full, "path", NULL);
	if (ret == 0)
		ret = rel_file_read(out, full.ptr, NULL);
	if (ret == REL_ENOMEM)
		poll->nomem = true;
	rel_buf_free(&full);
	return ret == 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Up to the first blank, leading blanks skipped. */
static struct rel_str first_word(struct rel_str text)
{
	size_t from = 0, to;

	while (from < text.len && is_space(text.ptr[from]))
		from++;
	to = from;
	while (to < text.len && !is_space(text.ptr[to]))
		to++;
	return rel_str_sub(text, from, to);
}

/*
 * The value of a line NAME=value as opam takes it: the first line of that
 * name, up to the first blank, without quotes.
 */
static struct rel_str os_release_field(const struct poll *poll,
				       const char *name)
{
	struct rel_str rest = rel_buf_str(&poll->os_release);

	while (rest.ptr) {
		struct rel_str line = rel_str_cut(&rest, '\n');
		size_t equals = rel_str_find(line, '=');
		struct rel_str value;
		char quote;

		if (equals == line.len ||
		    !rel_str_is(rel_str_sub(line, 0, equals), name))
			continue;
		value = first_word(rel_str_sub(line, equals + 1, line.len));
		quote = value.len ? value.ptr[0] : '\0';
		if (quote != '"' && quote != '\'')
			return value;
		value = rel_str_sub(value, 1, value.len);
		return rel_str_sub(value, 0, rel_str_find(value, quote));
	}
	return rel_str_n("", 0);
}

static bool is_prefix_bin(const struct poll *poll, struct rel_str dir)
{
	struct rel_str prefix;

	if (!poll->source->prefix || !poll->source->prefix[0])
		return false;
	prefix = rel_str_of(poll->source->prefix);
	return rel_str_starts(dir, prefix) &&
	       rel_str_is(rel_str_sub(dir, prefix.len, dir.len), "/bin");
}

/* The absolute path of a program, in the arena; NULL when there is none.
 * Never looks in the current directory.
 * is_system  nor in bin/ of a switch */
static const char *find_command(struct poll *poll, const char *name,
				bool is_system)
{
	struct rel_str rest = rel_str_of(poll->source->path);
	const char *found = NULL;
	struct rel_buf full;

	rel_buf_init(&full, REL_LIMIT_CONFIG_BYTES);
	while (!found && rest.ptr) {
		struct rel_str dir = rel_str_cut(&rest, ':');

		if (dir.len == 0 || dir.ptr[0] != '/' ||
		    (is_system && is_prefix_bin(poll, dir)))
			continue;
		rel_buf_clear(&full);
		if (rel_path_join(&full, dir, rel_str_of(name)) != 0 ||
		    access(full.ptr, X_OK) != 0)
			continue;
		found = rel_arena_copy(poll->arena, rel_buf_str(&full));
		if (!found)
			poll->nomem = true;
	}
	rel_buf_free(&full);
	return found;
}

/* The only line that is not blank; empty when there are none or more. */
static struct rel_str only_line(struct rel_str text)
{
	struct rel_str only = {"", 0};

	while (text.ptr) {
		struct rel_str line = rel_str_cut(&text, '\n');

		if (rel_str_trim(line).len == 0)
			continue;
		if (only.len != 0)
			return rel_str_n("", 0);
		only = line;
	}
	return only;
}

/* Append what a program prints to `out`; false when it fails. */
static bool output_of(struct poll *poll, struct rel_buf *out,
		      const char *const argv[])
{
	struct rel_buf diagnostics;
	int status, ret;

	rel_buf_init(&diagnostics, REL_LIMIT_CHILD_TEXT);
	ret = rel_process_run(argv, NULL, NULL, rel_str_n("", 0), out,
			      &diagnostics, &status, NULL, NULL);
	if (ret == REL_ENOMEM)
		poll->nomem = true;
	rel_buf_free(&diagnostics);
	return ret == 0 && status == 0;
}

/* The line that a program prints, NULL when it fails or is missing. */
static const char *ask(struct poll *poll, const char *name, const char *first,
		       const char *second)
{
	const char *argv[] = {find_command(poll, name, false), first, second,
			      NULL};
	const char *answer = NULL;
	struct rel_buf out;

	if (!argv[0])
		return NULL;
	rel_buf_init(&out, REL_LIMIT_CHILD_TEXT);
	if (output_of(poll, &out, argv))
		answer = norm(poll, only_line(rel_buf_str(&out)));
	rel_buf_free(&out);
	return answer;
}

static const char *keep(struct poll *poll, struct rel_str text)
{
	const char *copy = rel_arena_copy(poll->arena, text);

	if (!copy)
		poll->nomem = true;
	return copy;
}

/* The value of a line "NAME: VALUE" of `ocamlc -config`; empty = none. */
static struct rel_str config_field(struct rel_str config, const char *name)
{
	while (config.ptr) {
		struct rel_str line = rel_str_cut(&config, '\n');
		size_t colon = rel_str_find(line, ':');

		if (rel_str_is(rel_str_sub(line, 0, colon), name) &&
		    colon < line.len)
			return rel_str_trim(
			    rel_str_sub(line, colon + 1, line.len));
	}
	return rel_str_n("", 0);
}

static void poll_ocaml(struct poll *poll, struct rel_host *out)
{
	const char *ocamlc = find_command(poll, "ocamlc", true);
	const char *version[] = {ocamlc, "-vnum", NULL};
	const char *configuration[] = {ocamlc, "-config", NULL};
	struct rel_str text = {"", 0}, arch, type;
	struct rel_buf answer;

	rel_buf_init(&answer, REL_LIMIT_CHILD_TEXT);
	if (ocamlc && output_of(poll, &answer, version))
		out->sys_ocaml_version =
		    keep(poll, rel_str_trim(rel_buf_str(&answer)));
	rel_buf_clear(&answer);
	if (ocamlc && output_of(poll, &answer, configuration))
		text = rel_buf_str(&answer);
	arch = config_field(text, "architecture");
	if (rel_str_is(arch, "i386"))
		arch = REL_STR("i686");
	else if (rel_str_is(arch, "amd64"))
		arch = REL_STR("x86_64");
	type = config_field(text, "os_type");
	if (type.len > 0)
		type = rel_str_is(type, "Win32") ? REL_STR("msvc")
						 : REL_STR("libc");
	out->sys_ocaml_arch = keep(poll, arch);
	out->sys_ocaml_libc = keep(poll, type);
	out->sys_ocaml_system = keep(poll, config_field(text, "system"));
	out->sys_ocaml_cc = keep(poll, config_field(text, "ccomp_type"));
	rel_buf_free(&answer);
}

static const char *poll_arch(struct poll *poll)
{
	static const struct {
		const char *raw, *normal;
		bool prefix;
	} table[] = {
	    {"x86", "x86_32", false},	    {"i386", "x86_32", false},
	    {"i486", "x86_32", false},	    {"i586", "x86_32", false},
	    {"i686", "x86_32", false},	    {"amd64", "x86_64", false},
	    {"powerpc", "ppc32", false},    {"ppc", "ppc32", false},
	    {"ppcle", "ppc32", false},	    {"ppc64le", "ppc64", false},
	    {"aarch64_be", "arm64", false}, {"aarch64", "arm64", false},
	    {"armv8b", "arm32", false},	    {"armv8l", "arm32", false},
	    {"armv5", "arm32", true},	    {"armv6", "arm32", true},
	    {"earmv6", "arm32", true},	    {"armv7", "arm32", true},
	    {"earmv7", "arm32", true},
	};
	/* a 32-bit user land on a 64-bit kernel */
	static const char *const narrow[][2] = {
	    {"x86_64", "x86_32"}, {"arm64", "arm32"}, {"ppc64", "ppc32"}};
	const char *arch = norm(poll, rel_str_of(poll->source->machine));

	for (size_t i = 0; arch && i < sizeof(table) / sizeof(table[0]); i++) {
		size_t len = strlen(table[i].raw);

		if (strncmp(arch, table[i].raw, len) == 0 &&
		    (table[i].prefix || arch[len] == '\0')) {
			arch = table[i].normal;
			break;
		}
	}
	if (poll->source->long_bits != 32)
		return arch;
	for (size_t i = 0; arch && i < sizeof(narrow) / sizeof(narrow[0]); i++)
		if (strcmp(arch, narrow[i][0]) == 0)
			return narrow[i][1];
	return arch;
}

static const char *poll_os(struct poll *poll)
{
	const char *os = norm(poll, rel_str_of(poll->source->sysname));

	if (os && (strcmp(os, "darwin") == 0 || strcmp(os, "osx") == 0))
		return "macos";
	return os;
}

/* The first word of the first of the files there were before os-release. */
static const char *old_distribution(struct poll *poll)
{
	static const char *const files[] = {
	    "/etc/redhat-release", "/etc/centos-release", "/etc/gentoo-release",
	    "/etc/issue"};
	const char *found = NULL;
	struct rel_buf text;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct rel_str rest;

		if (!read_below(poll, &text, files[i]))
			continue;
		rest = rel_buf_str(&text);
		found = norm(poll, first_word(rel_str_cut(&rest, '\n')));
		break;
	}
	rel_buf_free(&text);
	return found ? found : "linux";
}

static const char *poll_linux_distribution(struct poll *poll,
					   const char *android)
{
	const char *found;

	if (android)
		return "android";
	found = norm(poll, os_release_field(poll, "ID"));
	if (!found)
		found = ask(poll, "lsb_release", "-i", "-s");
	return found ? found : old_distribution(poll);
}

static void poll_linux(struct poll *poll, struct rel_host *out)
{
	const char *android =
	    ask(poll, "getprop", "ro.build.version.release", NULL);

	out->os_distribution = poll_linux_distribution(poll, android);
	out->os_version = android;
	if (!out->os_version)
		out->os_version = ask(poll, "lsb_release", "-s", "-r");
	if (!out->os_version)
		out->os_version =
		    norm(poll, os_release_field(poll, "VERSION_ID"));
	out->os_family =
	    norm(poll, first_word(os_release_field(poll, "ID_LIKE")));
	if (!out->os_family)
		out->os_family = out->os_distribution;
}

static void poll_macos(struct poll *poll, struct rel_host *out)
{
	out->os_distribution = out->os;
	if (find_command(poll, "brew", false))
		out->os_distribution = "homebrew";
	else if (find_command(poll, "port", false))
		out->os_distribution = "macports";
	out->os_version = ask(poll, "sw_vers", "-productVersion", NULL);
	out->os_family = out->os_distribution;
}

static bool is_bsd(const char *os)
{
	static const char *const bsds[] = {"freebsd", "openbsd", "netbsd",
					   "dragonfly"};

	for (size_t i = 0; i < sizeof(bsds) / sizeof(bsds[0]); i++)
		if (strcmp(os, bsds[i]) == 0)
			return true;
	return false;
}

static void poll_other(struct poll *poll, struct rel_host *out)
{
	out->os_distribution = out->os;
	out->os_family = is_bsd(out->os) ? "bsd" : out->os;
	if (strcmp(out->os, "freebsd") == 0)
		out->os_version = ask(poll, "uname", "-U", NULL);
	else
		out->os_version = norm(poll, rel_str_of(poll->source->release));
}

int rel_host_poll(struct rel_host *out, const struct rel_host_source *source,
		  struct rel_arena *arena, struct rel_error *err)
{
	struct poll poll = {.source = source, .arena = arena};

	*out = (struct rel_host){0};
	rel_buf_init(&poll.os_release, REL_LIMIT_CONFIG_BYTES);
	if (!read_below(&poll, &poll.os_release, "/etc/os-release"))
		(void)read_below(&poll, &poll.os_release,
				 "/usr/lib/os-release");
	out->os = poll_os(&poll);
	out->arch = poll_arch(&poll);
	if (out->os && strcmp(out->os, "linux") == 0)
		poll_linux(&poll, out);
	else if (out->os && strcmp(out->os, "macos") == 0)
		poll_macos(&poll, out);
	else if (out->os)
		poll_other(&poll, out);
	out->make = out->os && is_bsd(out->os) ? "gmake" : "make";
	poll_ocaml(&poll, out);
	rel_buf_free(&poll.os_release);
	return poll.nomem ? rel_fail_nomem(err) : 0;
}

/* As many as there are processors but one.  NULL without memory. */
static const char *default_jobs(struct rel_arena *arena)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	char text[24];

	snprintf(text, sizeof(text), "%ld", n > 1 ? n : 1);
	return rel_arena_copy(arena, rel_str_of(text));
}

int rel_environment_host(struct rel_environment *out, struct rel_arena *arena,
			 struct rel_error *err)
{
	const char *path = getenv("PATH"), *jobs = getenv("OPAMJOBS");
	const char *make = getenv("OPAMMAKECMD");
	struct rel_variable_value *values;
	struct utsname uts;
	struct rel_host host;
	size_t n = 0;
	int ret;

	if (uname(&uts) != 0)
		return rel_fail_errno(err, errno, NULL, "uname");
	ret = rel_host_poll(&host,
			    &(struct rel_host_source){
				.root = "",
				.path = path ? path : "",
				.prefix = getenv("OPAM_SWITCH_PREFIX"),
				.sysname = uts.sysname,
				.release = uts.release,
				.machine = uts.machine,
				.long_bits = 8 * sizeof(long),
			    },
			    arena, err);
	if (ret != 0)
		return ret;
	if (!jobs)
		jobs = default_jobs(arena);
	if (!jobs)
		return rel_fail_nomem(err);

	const struct rel_variable_value polled[] = {
	    {"os", host.os},
	    {"os-distribution", host.os_distribution},
	    {"os-family", host.os_family},
	    {"os-version", host.os_version},
	    {"arch", host.arch},
	    {"opam-version", REL_OPAM_VERSION},
	    {"jobs", jobs},
	    {"make", make ? make : host.make},
	    {"sys-ocaml-version", host.sys_ocaml_version},
	    {"sys-ocaml-system", host.sys_ocaml_system},
	    {"sys-ocaml-arch", host.sys_ocaml_arch},
	    {"sys-ocaml-cc", host.sys_ocaml_cc},
	    {"sys-ocaml-libc", host.sys_ocaml_libc},
	};
	size_t n_polled = sizeof(polled) / sizeof(polled[0]);

	values = rel_arena_array(arena, n_polled, sizeof(*values));
	if (!values)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < n_polled; i++)
		if (polled[i].value)
			values[n++] = polled[i];
	*out = (struct rel_environment){
	    .name = "host", .values = values, .n_values = n};
	return 0;
}
