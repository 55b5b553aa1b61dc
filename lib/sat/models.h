/* Models that were found; private to lib/sat. */
#ifndef REL_SAT_MODELS_H
#define REL_SAT_MODELS_H

#include "sat/solver.h"

/* Add what is true now.  false when out of memory. */
bool sat_models_add(struct rel_sat_models *models, const struct sat_solver *s);
/* Add those of another list. */
bool sat_models_append(struct rel_sat_models *models,
		       const struct rel_sat_models *more);

#endif
