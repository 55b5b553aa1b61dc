#include "base/buf.h"
#include "base/limits.h"
#include "opam/ident.h"
#include "opam/upgrade_expr.h"

struct renaming {
	const char *from, *to;
};

/* opam 2.1.2 src/state/opamFormatUpgrade.ml, rwr_depflags. */
static const struct renaming flags[] = {
    {"test", "with-test"}, {"doc", "with-doc"}, {NULL, NULL}};

/* The same, rewrite_var. */
static const struct renaming globals[] = {
    {"compiler", "ocaml:compiler"},
    {"preinstalled", "ocaml:preinstalled"},
    {"ocaml-version", "ocaml:version"},
    {"ocaml-native", "ocaml:native"},
    {"ocaml-native-tools", "ocaml:native-tools"},
    {"ocaml-native-dynlink", "ocaml:native-dynlink"},
    {NULL, NULL},
};

/* opam 2.1.2 src/state/opamSysPoll.ml, normalise_os. */
static const struct renaming systems[] = {
    {"darwin", "macos"}, {"osx", "macos"}, {NULL, NULL}};

/* The same, normalise_arch. */
static const struct renaming machines[] = {
    {"x86", "x86_32"},	  {"i386", "x86_32"},	{"i486", "x86_32"},
    {"i586", "x86_32"},	  {"i686", "x86_32"},	{"amd64", "x86_64"},
    {"powerpc", "ppc32"}, {"ppc", "ppc32"},	{"ppcle", "ppc32"},
    {"ppc64le", "ppc64"}, {"aarch64", "arm64"}, {"aarch64_be", "arm64"},
    {"armv8b", "arm32"},  {"armv8l", "arm32"},	{NULL, NULL},
};

static const char *find(const struct renaming *renamings, struct rel_str name)
{
	for (; renamings->from; renamings++)
		if (rel_str_is(name, renamings->from))
			return renamings->to;
	return NULL;
}

/* Append the reference `text` with its variable renamed. */
static void rename_reference(struct rel_buf *out,
			     const struct renaming *renamings,
			     struct rel_str text)
{
	struct rel_ident ident;
	const char *to = NULL;

	rel_ident_parse(&ident, text);
	if (ident.packages.len == 0 && ident.name.ptr == text.ptr)
		to = find(renamings, ident.name);
	if (to) {
		rel_buf_add_cstr(out, to);
		text = rel_str_sub(text, ident.name.len, text.len);
	}
	rel_buf_add_str(out, text);
}

/* The same for every %{…}% in `text`. */
static void rename_inside(struct rel_buf *out, const struct renaming *renamings,
			  struct rel_str text)
{
	struct rel_str piece;
	enum rel_piece_kind kind;

	while ((kind = rel_piece_next(&text, &piece)) != REL_PIECE_END) {
		if (kind == REL_PIECE_VARIABLE) {
			rel_buf_add_cstr(out, "%{");
			rename_reference(out, renamings, piece);
			rel_buf_add_cstr(out, "}%");
		} else if (rel_str_is(piece, "%")) {
			rel_buf_add_cstr(out, "%%");
		} else {
			rel_buf_add_str(out, piece);
		}
	}
}

static void set_text(struct rel_upgrade_exprs *x, rel_expr_id id,
		     struct rel_str text)
{
	rel_string_id string = rel_intern_add(&x->strings, text);

	if (string == REL_STRING_NONE)
		x->status = rel_fail_nomem(x->err);
	else
		x->table.nodes[id].a = string;
}

static void rename_range(struct rel_upgrade_exprs *x,
			 const struct renaming *renamings, uint32_t from,
			 uint32_t to)
{
	struct rel_buf text;

	rel_buf_init(&text, 4 * REL_LIMIT_MANIFEST_BYTES);
	for (uint32_t id = from; id < to && x->status == 0; id++) {
		uint8_t kind = x->table.nodes[id].kind;

		if (kind != REL_EXPR_IDENT && kind != REL_EXPR_STRING)
			continue;
		rel_buf_clear(&text);
		if (kind == REL_EXPR_IDENT)
			rename_reference(&text, renamings,
					 rel_upgrade_text(x, id));
		else if (rel_str_find(rel_upgrade_text(x, id), '{') <
			 rel_upgrade_text(x, id).len)
			rename_inside(&text, renamings,
				      rel_upgrade_text(x, id));
		else
			continue;
		x->status = rel_buf_status(&text, "converted filter", x->err);
		if (x->status == 0)
			set_text(x, id, rel_buf_str(&text));
	}
	rel_buf_free(&text);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_arm32(struct rel_str name)
{
	static const char *const prefixes[] = {"armv5", "armv6", "earmv6",
					       "armv7", "earmv7"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (rel_str_starts(name, rel_str_of(prefixes[i])))
			return true;
	return false;
}

/* Give the value that `os` or `arch` is compared with its present name. */
static void normalise(struct rel_upgrade_exprs *x, rel_expr_id variable,
		      rel_expr_id value)
{
	const struct rel_expr *nodes = x->table.nodes;
	bool os, arch;
	struct rel_str text, name;
	char buffer[64];
	const char *to;

	if (nodes[variable].kind != REL_EXPR_IDENT ||
	    nodes[value].kind != REL_EXPR_STRING)
		return;
	os = rel_str_is(rel_upgrade_text(x, variable), "os");
	arch = rel_str_is(rel_upgrade_text(x, variable), "arch");
	text = rel_upgrade_text(x, value);
	if ((!os && !arch) || text.len > sizeof(buffer))
		return;
	for (size_t i = 0; i < text.len; i++)
		buffer[i] = lower(text.ptr[i]);
	name = rel_str_n(buffer, text.len);
	to = find(os ? systems : machines, name);
	if (to)
		name = rel_str_of(to);
	else if (arch && is_arm32(name))
		name = REL_STR("arm32");
	set_text(x, value, name);
}

void rel_upgrade_rename_flags(struct rel_upgrade_exprs *x, uint32_t from,
			      uint32_t to)
{
	rename_range(x, flags, from, to);
}

void rel_upgrade_rename_globals(struct rel_upgrade_exprs *x)
{
	rename_range(x, globals, 0, x->table.count);
	for (uint32_t id = 0; id < x->table.count && x->status == 0; id++) {
		struct rel_expr e = x->table.nodes[id];

		if (e.kind != REL_EXPR_COMPARE)
			continue;
		normalise(x, e.a, e.b);
		normalise(x, e.b, e.a);
	}
}
