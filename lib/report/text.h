/* What the pieces of the text report share. */
#ifndef REL_REPORT_TEXT_H
#define REL_REPORT_TEXT_H

#include "base/sink.h"
#include "report/report.h"
#include "report/view.h"

/* Colours (ECMA-48, SGR). */
#define REL_TEXT_PLAIN "0"
#define REL_TEXT_BOLD  "1"
#define REL_TEXT_DIM   "2"
#define REL_TEXT_RED   "31"
#define REL_TEXT_GREEN "32"

struct rel_text {
	const struct rel_report *report;
	const struct rel_report_style *style;
	struct rel_writer *out;
	struct rel_buf line; /* being composed, escaped */
	unsigned lines;	     /* written so far */
	uint8_t *told;	     /* by root: its facts are above */
};

/* Add to the line: a text of ours, one from outside, a composed one from
 * outside (which is released), a colour if wanted. */
void rel_text_put(struct rel_text *t, const char *ours);
void rel_text_outside(struct rel_text *t, const char *theirs);
void rel_text_composed(struct rel_text *t, struct rel_buf *theirs);
void rel_text_colour(struct rel_text *t, const char *colour);
void rel_text_heading(struct rel_text *t, const char *ours);
/* A place in a remote, behind what it is of: " (default: packages/…/opam:31)".
 * remote, line  may be "" and 0 */
void rel_text_place(struct rel_text *t, const char *remote, const char *file,
		    uint32_t line);
/* Write the line, folded; its first part `indent` blanks from the left, the
 * others `hang`. */
void rel_text_end(struct rel_text *t, unsigned indent, unsigned hang);
void rel_text_blank(struct rel_text *t);

/* What is broken in `section`, root by root, below `heading` (or NULL); unless
 * --verbose so many roots as a screen holds. */
void rel_text_broken(struct rel_text *t, enum rel_section section,
		     const char *heading);
/* The names in `section`, behind `heading`. */
void rel_text_list(struct rel_text *t, enum rel_section section,
		   const char *heading, const char *colour);

#endif
