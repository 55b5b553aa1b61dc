/* Obsolete versions: text, names or JSON. */
#ifndef REL_REPORT_OBSOLETE_H
#define REL_REPORT_OBSOLETE_H

#include "check/obsolete.h"
#include "report/report.h"

/*
 * `list-broken --obsolete`; `format` is REL_REPORT_TEXT, _SHORT or _JSON.
 * Errors  the sink's, REL_ENOMEM
 */
REL_MUST_CHECK int rel_report_write_obsolete(
    const struct rel_universe *universe, const struct rel_obsolete *found,
    uint32_t n, enum rel_report_format format,
    const struct rel_report_style *style, struct rel_sink *sink,
    struct rel_error *err);

#endif
