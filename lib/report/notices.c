#include "report/notices.h"

static const char *kind_text(uint32_t kind)
{
	switch ((enum rel_notice_kind)kind) {
	case REL_NOTICE_EQUAL_VERSIONS:
		return "equal-versions";
	case REL_NOTICE_DUPLICATE:
		return "duplicate";
	case REL_NOTICE_NESTED:
		return "nested";
	case REL_NOTICE_STRAY:
		return "stray";
	case REL_NOTICE_BAD_NAME:
		return "bad-name";
	case REL_NOTICE_MODE:
		return "mode";
	case REL_NOTICE_SYMLINK:
		return "symlink";
	case REL_NOTICE_CONVERTED:
		return "converted";
	}
	return "other";
}

static const char *string_of(struct rel_texts *texts,
			     const struct rel_snapshot *snapshot,
			     rel_string_id id)
{
	rel_buf_add_str(&texts->work, rel_snapshot_string(snapshot, id));
	return rel_texts_keep(texts);
}

static int fill_notice(struct rel_report_notice *out, struct rel_texts *texts,
		       const struct rel_stack_layer *layer, uint32_t index)
{
	const struct rel_snapshot *snapshot = layer->snapshot;
	const struct rel_snapshot_notice *notice = &snapshot->notices[index];

	out->remote = layer->remote->name;
	out->kind = kind_text(notice->kind);
	out->path = string_of(texts, snapshot, notice->path);
	out->text = string_of(texts, snapshot, notice->text);
	return out->path && out->text ? 0 : REL_ENOMEM;
}

static int fill_shadow(struct rel_report_notice *out, struct rel_texts *texts,
		       const struct rel_stack *stack,
		       const struct rel_stack_shadow *shadow)
{
	const struct rel_stack_layer *above =
	    &stack->layers[shadow->visible.layer];
	const struct rel_stack_layer *below =
	    &stack->layers[shadow->hidden.layer];
	const struct rel_snapshot_package *p =
	    &above->snapshot->packages[shadow->visible.package];

	out->remote = above->remote->name;
	out->kind = "shadowed";
	out->path = string_of(texts, above->snapshot, p->path);
	rel_buf_printf(&texts->work, "hides the one of %s, which %s",
		       below->remote->name,
		       shadow->same_content ? "is the same" : "differs");
	out->text = rel_texts_keep(texts);
	return out->path && out->text ? 0 : REL_ENOMEM;
}

int rel_report_notices(struct rel_report *out, struct rel_texts *texts,
		       const struct rel_stack *stack)
{
	struct rel_report_notice *notices;
	size_t n = stack->n_shadows, at = 0;

	for (uint32_t i = 0; i < stack->n_layers; i++)
		n += stack->layers[i].snapshot->n_notices;
	notices = rel_arena_array(texts->arena, n + 1, sizeof(*notices));
	if (!notices)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < stack->n_layers; i++) {
		const struct rel_stack_layer *layer = &stack->layers[i];

		for (uint32_t k = 0; k < layer->snapshot->n_notices; k++) {
			if (fill_notice(&notices[at++], texts, layer, k))
				return REL_ENOMEM;
		}
	}
	for (uint32_t i = 0; i < stack->n_shadows; i++) {
		if (fill_shadow(&notices[at++], texts, stack,
				&stack->shadows[i]))
			return REL_ENOMEM;
	}
	out->notices = notices;
	out->n_notices = n;
	return 0;
}
