/* The record of a survey: what can be read has what its lines say. */
#include <stdlib.h>

#include "base/limits.h"
#include "check/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str text = {(const char *)data, size};
	struct rel_record record;
	struct rel_error err = {0};

	if (rel_record_read(&record, text, "record", &err) == 0) {
		require(record.n_environments > 0);
		for (uint32_t i = 0; i < record.n_verdicts; i++) {
			const struct rel_record_verdict *v =
			    &record.verdicts[i];

			require(v->environment < record.n_environments);
			require(v->name.len > 0 && v->version.len > 0);
		}
		require(record.has_targets || record.n_targets == 0);
		for (uint32_t i = 0; i < record.n_targets; i++) {
			const struct rel_record_target *t = &record.targets[i];

			require(t->environment < record.n_environments);
			require(t->packages.len > 0);
		}
	} else {
		require(err.code != 0);
	}
	rel_record_free(&record);
	return 0;
}
