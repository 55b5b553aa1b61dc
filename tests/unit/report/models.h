/* Report models made by hand; tests/golden/report/<name>/ has what each format
 * must make of them. */
#ifndef REL_TESTS_REPORT_MODELS_H
#define REL_TESTS_REPORT_MODELS_H

#include "report/model.h"

/* A development remote over its upstream, one environment, every section. */
extern const struct rel_report model_overlay;
/* --since, two environments. */
extern const struct rel_report model_since;
/* Every text is out to do harm. */
extern const struct rel_report model_hostile;
/* A lone directory, nothing to tell. */
extern const struct rel_report model_clean;

#endif
