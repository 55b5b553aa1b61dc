/* relctl withdraw, relctl revise: changes of a published manifest. */
#include "release/cut/amend.h"

#include <stdio.h>

#include "base/file.h"
#include "base/limits.h"
#include "callbacks.h"
#include "command.h"
#include "output.h"
#include "session.h"

struct values {
	bool dry_run, allow_broken, request, yes;
	const char *branch, *reason, *edit;
	struct rel_list set;
};

#define SHARED                                                                 \
	REL_FLAG(values, "dry-run", 'n', dry_run,                              \
		 "Write nothing; show the change as a diff"),                  \
	    REL_TEXT(                                                          \
		values, "branch", 0, branch, "NAME",                           \
		"Write to this branch of the development remote, for review"), \
	    REL_FLAG(values, "request", 0, request,                            \
		     "Write to a branch, and open a pull request for it"),     \
	    REL_FLAG(values, "allow-broken", 0, allow_broken,                  \
		     "Do it although something breaks; the commit says what"), \
	    REL_FLAG(values, "yes", 'y', yes,                                  \
		     "Do not ask before the first write")

static const struct rel_option withdraw_options[] = {
    REL_TEXT(values, "reason", 0, reason, "TEXT",
	     "Why; part of the manifest and of the commit"),
    SHARED,
};

static const struct rel_option revise_options[] = {
    REL_LIST(values, "set", 0, set, "FIELD=VALUE",
	     "Set a field to a value in the syntax of opam files; an empty one "
	     "removes it; repeated"),
    {"edit", 0, REL_OPTION_TEXT, REL_VALUES_FILES,
     offsetof(struct values, edit), "FILE", "The manifest as it shall be",
     NULL},
    REL_TEXT(values, "reason", 0, reason, "TEXT", "Why; part of the commit"),
    SHARED,
};

static const struct rel_example withdraw_examples[] = {
    {"What would become uninstallable without it?",
     "withdraw --dry-run foo.1.0 --reason \"loses data on 32 bit\""},
    {"Withdraw it", "withdraw foo.1.0 --reason \"loses data on 32 bit\""},
};

static const struct rel_example revise_examples[] = {
    {"It does not build with bar 3",
     "revise foo.1.0 --set 'depends=[\"ocaml\" \"bar\" {< \"3\"}]'"},
    {"Say where it is available",
     "revise foo.1.0 --set 'available=os != \"win32\"'"},
};

static int take_fields(struct rel_amend_options *o, const struct values *v,
		       struct rel_arena *arena, struct rel_error *err)
{
	struct rel_amend_field *fields =
	    rel_arena_array(arena, v->set.count + (size_t)1, sizeof(*fields));

	if (!fields)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < v->set.count; i++) {
		struct rel_str value = rel_str_of(v->set.items[i]);
		struct rel_str name = rel_str_trim(rel_str_cut(&value, '='));

		if (name.len == 0 || !value.ptr)
			return rel_fail(err, REL_EUSAGE,
					"\"%.80s\": write --set FIELD=VALUE",
					v->set.items[i]);
		fields[i].name = rel_arena_copy(arena, name);
		fields[i].value = rel_arena_copy(arena, rel_str_trim(value));
		if (!fields[i].name || !fields[i].value)
			return rel_fail_nomem(err);
		for (uint32_t k = 0; k < i; k++)
			if (strcmp(fields[k].name, fields[i].name) == 0)
				return rel_fail(err, REL_EUSAGE,
						"--set %s is there twice",
						fields[i].name);
	}
	o->fields = fields;
	o->n_fields = v->set.count;
	return 0;
}

static int check(const struct rel_amend_options *o, const struct values *v,
		 struct rel_error *err)
{
	if (o->withdraw &&
	    (!v->reason || rel_str_trim(rel_str_of(v->reason)).len == 0))
		return rel_fail(err, REL_EUSAGE,
				"say why with --reason: it is what users of "
				"%.80s will read",
				o->package);
	if (o->withdraw || (v->set.count > 0) != (v->edit != NULL))
		return 0;
	return rel_fail(err, REL_EUSAGE,
			v->edit ? "--set and --edit exclude each other"
				: "say what to change: --set FIELD=VALUE, or "
				  "--edit FILE with the whole manifest");
}

/* Where it is now, or would be. */
static void add_place(struct rel_buf *out, const struct rel_amend_result *r)
{
	rel_buf_printf(out, "  manifest %s\n  remote   %s", r->path, r->remote);
	if (r->branch)
		rel_buf_printf(out, ", branch %s for review", r->branch);
	if (r->commit && *r->commit)
		rel_buf_printf(out, ", commit %s", r->commit);
	rel_buf_add_char(out, '\n');
	if (r->request)
		rel_buf_printf(out, "  request  %s\n", r->request);
}

static int write_result(const struct rel_call *call,
			const struct rel_amend_options *o,
			const struct rel_amend_result *r, struct rel_error *err)
{
	struct rel_output output;
	struct rel_buf text;
	int rc = rel_output_open(&output, call->common->output, err);

	if (rc)
		return rc;
	rel_buf_init(&text, REL_LIMIT_ARENA);
	if (r->outcome == REL_CUT_ALREADY)
		rel_buf_printf(&text, "%s %s already, nothing done:\n",
			       o->package,
			       o->withdraw ? "is withdrawn" : "is so");
	else if (o->dry_run)
		rel_buf_add_str(&text, rel_buf_str(&r->patch));
	else
		rel_buf_printf(&text, "%s %s\n",
			       o->withdraw ? "withdrawn" : "revised",
			       o->package);
	if (!o->dry_run || r->outcome == REL_CUT_ALREADY)
		add_place(&text, r);
	rel_screen_clear(call->screen);
	rc = rel_buf_status(&text, "the closing words", err);
	if (rc == 0)
		rc = output.sink.write(output.sink.context, text.ptr, text.len,
				       err);
	rel_buf_free(&text);
	if (rc == 0)
		return rel_output_commit(&output, err);
	rel_output_abort(&output);
	return rc;
}

static int amend(const struct rel_call *call, struct rel_amend_options *o,
		 const struct rel_context *context, bool *found,
		 struct rel_error *err)
{
	struct rel_amend_result result;
	int rc;

	o->conf = &context->conf;
	o->remotes = context->remotes;
	o->n_remotes = context->n_remotes;
	o->reading = &context->reading;
	o->survey = rel_context_survey(context);
	rc = rel_amend(&result, o, err);
	*found = rc == 0 && result.outcome == REL_CUT_STOPPED;
	if (rc == 0 && !*found)
		rc = write_result(call, o, &result, err);
	rel_amend_result_free(&result);
	return rc;
}

static int run(const struct rel_call *call, bool withdraw, bool *found,
	       struct rel_error *err)
{
	const struct values *v = call->values;
	struct rel_callbacks callbacks = {call, v->yes, "nothing was changed"};
	struct rel_amend_options o = {.package = call->arguments[0],
				      .withdraw = withdraw,
				      .reason = v->reason,
				      .text_path = v->edit,
				      .allow_broken = v->allow_broken,
				      .dry_run = v->dry_run,
				      .branch = v->branch,
				      .request = v->request,
				      .callbacks = rel_callbacks_of(&callbacks),
				      .progress = &call->screen->progress,
				      .cancel = call->cancel};
	struct rel_context context = {0};
	struct rel_arena arena;
	struct rel_buf text;
	int rc = check(&o, v, err);

	rel_arena_init(&arena, REL_LIMIT_CONF_ARENA);
	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	if (rc == 0)
		rc = take_fields(&o, v, &arena, err);
	if (rc == 0 && v->edit)
		rc = rel_file_read(&text, v->edit, err);
	if (v->edit)
		o.text = rel_buf_str(&text);
	if (rc == 0)
		rc = rel_session_context(&context, call, err);
	if (rc == 0)
		rc = amend(call, &o, &context, found, err);
	rel_context_close(&context);
	rel_buf_free(&text);
	rel_arena_free(&arena);
	return rc;
}

static int run_withdraw(const struct rel_call *call, bool *found,
			struct rel_error *err)
{
	return run(call, true, found, err);
}

static int run_revise(const struct rel_call *call, bool *found,
		      struct rel_error *err)
{
	return run(call, false, found, err);
}

const struct rel_command rel_command_withdraw = {
    .name = "withdraw",
    .group = "Release",
    .summary = "take a released version out of use",
    .arguments = "PKG.VER",
    .description =
	"Make a version of the development remote unavailable: opam offers "
	"it to nobody any more. Manifest and archive stay, with the reason; "
	"the ledger says that it is withdrawn. Refused when that would make "
	"something else uninstallable.",
    .min_arguments = 1,
    .max_arguments = 1,
    .formats = "text",
    .options = withdraw_options,
    .n_options = sizeof(withdraw_options) / sizeof(withdraw_options[0]),
    .values_size = sizeof(struct values),
    .examples = withdraw_examples,
    .n_examples = sizeof(withdraw_examples) / sizeof(withdraw_examples[0]),
    .run = run_withdraw,
};

const struct rel_command rel_command_revise = {
    .name = "revise",
    .group = "Release",
    .summary = "change the metadata of a released version",
    .arguments = "PKG.VER",
    .description =
	"Change fields of a published manifest, such as bounds of its "
	"dependencies, where it is available, or its texts. What the version "
	"is made of stays: archive, checksums, extra files, and how it is "
	"built. The result is linted, and refused when it would make "
	"something uninstallable.",
    .min_arguments = 1,
    .max_arguments = 1,
    .formats = "text",
    .options = revise_options,
    .n_options = sizeof(revise_options) / sizeof(revise_options[0]),
    .values_size = sizeof(struct values),
    .examples = revise_examples,
    .n_examples = sizeof(revise_examples) / sizeof(revise_examples[0]),
    .run = run_revise,
};
